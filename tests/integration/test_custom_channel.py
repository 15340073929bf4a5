"""Channels of the user's own: what they are given, what their answers mean, and that they can break nothing."""

import json
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from consistency.errors import ConfigurationError
from consistency.events import event_object
from consistency.settings import Settings
from notifiers.channels.channel import CHAT_RETRIES, Channel, Outcome, RateWindow, Verdict
from notifiers.channels.choosing import Channels
from tests.factories.channels import a_channel
from tests.factories.messages import SEED_EVENT, a_message, a_notice
from tests.factories.pages import code_blocks
from tests.servers.talking import Request, Response, Talking, serving

NOW = datetime(2026, 9, 16, 4, 0, tzinfo=UTC)
MODULE = """
import threading
from datetime import timedelta
from notifiers.channels.channel import Outcome, RateWindow, Verdict

calls = []
gate = threading.Event()

def notes(event): calls.append(event); return "ignored"
async def notes_later(event): calls.append(event)
def raises(event): raise ValueError("no\\nway, password=hunter2")
def leaves(event): raise SystemExit(1)
def hangs(event): gate.wait(60)
def takes_nothing(): pass
number = 5

class Plain:
    def send(self, message, now, progress): calls.append((message, now, progress))

class Answers:
    def __init__(self, **verdict): self.verdict = verdict
    def send(self, message, now, progress): return Verdict(Outcome(self.verdict.pop("outcome")), **self.verdict)

class Repeats:
    def __init__(self, said, **secrets): self.said = said
    def send(self, message, now, progress):
        return Verdict(Outcome.TRANSIENT, self.said, self.said, reply="-" * 1990 + self.said)

class Says:
    def __init__(self, token, words): self.token, self.words = token, words
    def send(self, message, now, progress): raise RuntimeError(self.words + " " + self.token)

class Mannered:
    windows = [RateWindow(3, 1.0)]
    retries = [timedelta(seconds=1)]
    supersedes = True
    limit_key = "the gateway"
    def send(self, message, now, progress): return True
    def close(self): calls.append("closed"); raise ValueError("too late")

class Muddled(Plain):
    windows = 5

class Mute: pass
class Narrow:
    def send(self, message): pass
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of the module above, which lies in the working directory."""
    name = f"own_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield name
    if loaded := sys.modules.pop(name, None):
        loaded.gate.set()


@contextmanager
def custom(kind: str, **settings: Any) -> Iterator[Channel]:
    with a_channel(**{"kind": kind, "timeout": "20s", **settings}) as channel:
        yield channel


def send(kind: str, *, progress: str | None = None, message: Any = None, **settings: Any) -> Verdict:
    with custom(kind, **settings) as channel:
        return channel.send(message or a_message(), NOW, progress)


def calls(module: str) -> list[Any]:
    found: list[Any] = sys.modules[module].calls
    return found


@pytest.mark.parametrize("name", ["notes", "notes_later"])
def test_a_function_is_called_with_the_event(module: str, name: str) -> None:
    assert send(f"{module}:{name}", message=a_message(a_notice())).outcome is Outcome.OK
    (event,) = calls(module)
    assert event == event_object(SEED_EVENT)
    assert json.loads(json.dumps({"event_type": event.event_type, "timestamp": event.timestamp}))


def test_a_class_is_given_message_moment_and_progress(module: str) -> None:
    assert send(f"{module}:Plain", progress="half").outcome is Outcome.OK
    assert calls(module) == [(a_message(), NOW, "half")]


def test_a_class_is_made_once(module: str) -> None:
    with custom(f"{module}:Answers", options={"outcome": "ok"}) as channel:
        assert channel.send(a_message(), NOW, None).outcome is Outcome.OK
        # Its verdict is used up, which another object would not know.
        assert channel.send(a_message(), NOW, None).code == "raised"


def test_a_verdict_is_passed_on_without_what_does_not_belong(module: str) -> None:
    options = {"outcome": "rate_limited", "code": "x" * 100, "detail": "a\nb\x00", "reply": "r" * 9000, "progress": "p"}
    verdict = send(f"{module}:Answers", options={**options, "wait": "no span"})
    assert (verdict.outcome, verdict.detail, verdict.wait, verdict.progress) == (
        Outcome.RATE_LIMITED,
        "a b?",
        None,
        "p",
    )
    assert (len(verdict.code), len(verdict.reply)) == (64, 2000)


#: What is named, and what a person is told of it; such a channel is broken until somebody mends it.
UNUSABLE = [
    ("nothing", "it cannot be loaded: module"),
    ("number", "it must be a function of event"),
    ("takes_nothing", "it must be a function of event"),
    ("Mute", "its send must be a function of message, now, progress"),
    ("Narrow", "its send must be a function of message, now, progress"),
    ("Muddled", "its windows must be a tuple of RateWindow"),
]


@pytest.mark.parametrize(("name", "reason"), UNUSABLE)
def test_what_is_no_channel_is_broken_and_says_why(module: str, name: str, reason: str) -> None:
    verdict = send(f"{module}:{name}")
    assert (verdict.outcome, verdict.code) == (Outcome.PERMANENT_CHANNEL, "unusable")
    assert verdict.detail.startswith(f"{module}:{name} cannot be used: {reason}")


def test_a_module_that_is_not_there_is_broken_and_otherwise_as_usual() -> None:
    with custom("no_such_module:send") as channel:
        assert (channel.windows, channel.supersedes, channel.retries) == ((), False, CHAT_RETRIES)
        verdict = channel.send(a_message(), NOW, "half")
    assert (verdict.outcome, verdict.progress) == (Outcome.PERMANENT_CHANNEL, "half")
    assert "No module named 'no_such_module'" in verdict.detail


def test_options_of_a_function_are_refused(module: str) -> None:
    assert "takes no options" in send(f"{module}:notes", options={"a": 1}).detail


#: What goes wrong, its code, and the line about it.
WRONG = [
    ("raises", "raised", "ValueError: no way, password=***"),
    ("leaves", "raised", "SystemExit: 1"),
    ("Mannered", "no_verdict", "send returned bool; it must return a Verdict, or None for success"),
]


@pytest.mark.parametrize(("name", "code", "detail"), WRONG)
def test_whatever_goes_wrong_is_a_verdict(module: str, name: str, code: str, detail: str) -> None:
    verdict = send(f"{module}:{name}", progress="half")
    assert (verdict.code, verdict.detail) == (code, detail)
    assert verdict.outcome is (Outcome.UNKNOWN if code == "no_verdict" else Outcome.TRANSIENT)


def test_arguments_that_do_not_fit_are_a_verdict(module: str) -> None:
    verdict = send(f"{module}:Plain", options={"colour": "red"})
    assert verdict.outcome is Outcome.TRANSIENT
    assert "Plain() takes no arguments" in verdict.detail


def test_a_call_that_does_not_end_is_left_behind(module: str) -> None:
    verdict = send(f"{module}:hangs", timeout="100ms", progress="half")
    assert (verdict.outcome, verdict.code, verdict.progress) == (Outcome.TRANSIENT, "timeout", "half")


def test_a_class_says_how_it_wants_to_be_used(module: str) -> None:
    with custom(f"{module}:Mannered") as one, custom(f"{module}:Mannered") as other, custom(f"{module}:Plain") as plain:
        assert one.windows == (RateWindow(3, 1.0),)
        assert (one.retries, one.supersedes) == ((timedelta(seconds=1),), True)
        assert one.limit_key == other.limit_key != plain.limit_key
    # Closing it went wrong as well, which nobody minds.
    assert calls(module) == ["closed", "closed"]


def test_secrets_among_the_options_are_read_and_hidden(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_KEY", "key-from-outside")
    options = {"token": "abcdefgh", "words": "env:GATEWAY_KEY"}
    assert send(f"{module}:Says", options=options).detail == "RuntimeError: *** ***"


def test_a_secret_is_hidden_wherever_it_lies_among_the_options_and_whatever_quotes_it(module: str) -> None:
    secrets = {"account": {"deep": [{"password": "hunter2"}]}, "room": "Zx81Zx81Zx81Zx81", "where": "the hall"}
    said = "hunter2 in Zx81Zx81Zx81Zx81 of the hall, aHVudGVyMg=="
    verdict = send(f"{module}:Repeats", options={**secrets, "said": said})
    assert "hall" in verdict.detail
    assert [secret for secret in ("hunter2", "Zx81") if secret in repr(verdict)] == []
    assert "aHVudGVyM" not in repr(verdict)


def test_a_secret_that_is_not_there_is_an_error_of_the_configuration(module: str) -> None:
    with pytest.raises(
        ConfigurationError, match=r"channels\.it\.options\.token names the variable NO_SUCH, which is not set"
    ):
        send(f"{module}:Plain", options={"token": "env:NO_SUCH"})


class Gateway:
    """A program that is told things by HTTP."""

    def __init__(self) -> None:
        self.seen: list[Request] = []
        self.statuses: list[int] = []
        self.server = Talking(self._answer)

    def _answer(self, request: Request) -> Response:
        self.seen.append(request)
        return Response(self.statuses.pop(0) if self.statuses else 200)


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    found = Gateway()
    with serving(found.server):
        yield found


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[dict[str, Any], ...]]:
    """The settings of the documented examples, whose modules lie in the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    names = ("shop_channels", "shop_texts")
    for name, example in zip(names, code_blocks("howto/custom-channel.md", "python"), strict=True):
        (tmp_path / f"{name}.py").write_text(example)
    yield tuple(tomllib.loads(settings) for settings in code_blocks("howto/custom-channel.md", "toml"))
    for name in names:
        sys.modules.pop(name, None)


def test_the_documented_function_works(
    page: tuple[dict[str, Any], ...], gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WALL_URL", gateway.server.url)
    channel = Channels(Settings(**page[0])).channel("wall")
    gateway.statuses = [500]
    assert channel.send(a_message(), NOW, None).outcome is Outcome.TRANSIENT
    assert channel.send(a_message(), NOW, None).outcome is Outcome.OK
    said = gateway.seen[1].json()
    assert said["text"].startswith("[error] reconcilery: ")
    assert said["at"] == "2026-09-16T04:00:00.000Z"
    channel.close()


def test_the_documented_class_works(
    page: tuple[dict[str, Any], ...], gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_TOKEN", "open-sesame")
    page[1]["channels"]["texts"]["options"].update(url=gateway.server.url, numbers=["1", "2"])
    channel = Channels(Settings(**page[1])).channel("texts")
    assert channel.windows == (RateWindow(10, 1.0),)
    gateway.statuses = [200, 503]
    first = channel.send(a_message(), NOW, None)
    assert (first.outcome, first.code, first.progress) == (Outcome.TRANSIENT, "503", "1")
    assert channel.send(a_message(), NOW, first.progress).outcome is Outcome.OK
    assert [request.json()["to"] for request in gateway.seen] == ["1", "2", "2"]
    assert gateway.seen[0].headers["authorization"] == "Bearer open-sesame"
    gateway.statuses = [401]
    assert channel.send(a_message(), NOW, None).outcome is Outcome.PERMANENT_CHANNEL
    channel.close()
