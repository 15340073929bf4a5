"""The optional channel against the real Apprise and a real server."""

import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from consistency.errors import ConfigurationError
from notifiers.channels.channel import CHAT_RETRIES, Outcome, RateWindow, Verdict
from tests.factories.channels import a_channel
from tests.factories.messages import AT, a_message, an_alert
from tests.servers.talking import Response
from tests.servers.webhooks import WebhookReceiver, receiving

# Apprise imports what is no longer in Python 3.13 when it loads its plugins.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
NOW = datetime(2026, 9, 16, 4, 0, tzinfo=UTC)
TOKEN = "hooktoken0123"


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with receiving() as found:
        yield found


def send(receiver: WebhookReceiver, message: Any = None, **settings: Any) -> Verdict:
    given = {"kind": "apprise", "url": f"json://{receiver.host}/{TOKEN}", "timeout": "20s", **settings}
    with a_channel(**given) as channel:
        return channel.send(message or a_message(), NOW, None)


def test_a_message_goes_out_with_its_title_text_and_kind(receiver: WebhookReceiver) -> None:
    receiver.will_answer(Response(200), Response(200))
    verdict = send(receiver)
    assert (verdict.outcome, verdict.code) == (Outcome.OK, "sent")
    assert "not checked" in verdict.detail
    send(receiver, a_message(an_alert(state="resolved", until=AT)))
    told, over = (request.json() for request in receiver.seen)
    assert "31 of 100 tasks have no output" in told["title"]
    assert "reconcilery repair plan" in told["message"]
    assert (told["type"], over["type"]) == ("failure", "info")


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """What comes to the handlers of the root logger, which write the product's logs."""
    found: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: found.append(f"{record.name}: {record.getMessage()}")  # type: ignore[method-assign]
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield found
    root.setLevel(level)
    root.removeHandler(handler)


def test_a_failure_is_tried_again_and_shows_no_token(
    receiver: WebhookReceiver, lines: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    receiver.will_answer(Response(500))
    verdict = send(receiver)
    assert (verdict.outcome, verdict.code) == (Outcome.TRANSIENT, "failed")
    assert verdict.detail
    assert TOKEN not in verdict.detail
    # What urllib3 says at this level is kept out of the logs by how they are set up.
    assert [line for line in lines if not line.startswith("urllib3")] == []
    assert "".join(capfd.readouterr()) == ""


def test_a_silent_server_runs_into_the_timeout(receiver: WebhookReceiver) -> None:
    receiver.will_answer(Response(200, trick="trickle_head"))
    verdict = send(receiver, timeout="300ms")
    assert (verdict.outcome, verdict.code) == (Outcome.TRANSIENT, "timeout")


def test_an_address_that_it_does_not_know_is_refused_unseen(receiver: WebhookReceiver) -> None:
    with pytest.raises(ConfigurationError, match=r"channels\.it\.url is no address that Apprise knows") as raised:
        send(receiver, url=f"nosuch://{TOKEN}")
    assert TOKEN not in str(raised.value)


@pytest.mark.parametrize("schema", ["feishu", "lark", "dingtalk", "wecombot"])
def test_chats_of_our_own_are_not_left_to_it(receiver: WebhookReceiver, schema: str) -> None:
    with pytest.raises(ConfigurationError, match="which looks at what is answered"):
        send(receiver, url=f"{schema}://{TOKEN}")


def test_without_apprise_the_fix_is_named(receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(ConfigurationError, match=r"channels\.it\.kind: .*run pip install -r requirements-apprise\.txt"):
        send(receiver)


def test_its_own_pace_holds_among_all_workers(receiver: WebhookReceiver) -> None:
    with a_channel(kind="apprise", url=f"json://{receiver.host}/x") as fast:
        assert (fast.windows, fast.retries, fast.supersedes) == ((), CHAT_RETRIES, True)
    with a_channel(kind="apprise", url="ntfy://topic-of-ours") as slow:
        assert slow.windows == (RateWindow(1, 5.5),)
