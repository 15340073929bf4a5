"""`reconcilery notify`: whether a channel works, what became of messages, and telling without broker and worker."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from cli.main import reconcilery
from consistency.ledger.delivery_tables import deliveries
from tests.factories.newsroom import Newsroom, newsroom_of
from tests.servers.talking import Response
from tests.servers.webhooks import WebhookReceiver, receiving

KEY = "whsec_" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="


@pytest.fixture
def hook() -> Iterator[WebhookReceiver]:
    with receiving(KEY) as receiver:
        yield receiver


@pytest.fixture
def room(sqlite: Engine, hook: WebhookReceiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Newsroom:
    """A critical finding that nobody has been told of, and a webhook and the console to tell it to."""
    values = {"DATABASE_URL": str(sqlite.url), "LOG_DIR": str(tmp_path / "logs"), "REDIS_URL": "redis://127.0.0.1:1/0"}
    for name, value in values.items():
        monkeypatch.setenv(f"RECONCILERY_{name}", value)
    channels: dict[str, dict[str, Any]] = {
        "hook": {"kind": "webhook", "url": hook.url, "secret": KEY, "inner": True},
        "log": {"kind": "console"},
    }
    configure(tmp_path, monkeypatch, **channels)
    room = newsroom_of(sqlite, log_dir=tmp_path / "logs", channels=channels)
    room.check(300)
    return room


def configure(place: Path, monkeypatch: pytest.MonkeyPatch, **channels: dict[str, Any]) -> None:
    monkeypatch.setenv("RECONCILERY_CHANNELS", json.dumps(channels))
    monkeypatch.chdir(place)


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(reconcilery, ("notify", *arguments), prog_name="reconcilery")
    assert "unexpected" not in result.stderr
    return result.exit_code, result.stdout, result.stderr


def answer(*arguments: str, code: int = 0) -> Any:
    """The one object on stdout."""
    found, out, err = run(*arguments, "--json")
    assert found == code, err
    told = json.loads(out)
    assert told.pop("schema_version") == 1
    return told


def test_a_channel_proves_itself_with_one_signed_message(room: Newsroom, hook: WebhookReceiver) -> None:
    code, out, err = run("test", "hook")
    assert (code, out, err) == (0, "Channel hook has taken the message (HTTP 204).\n", "")
    (taken,) = hook.received
    assert (taken.event["event_type"], taken.event["level"]) == ("test", "info")
    assert answer("test", "hook") == {"channel": "hook", "outcome": "ok", "code": "HTTP 204", "detail": ""}
    assert room.count(deliveries) == 0


def test_a_channel_that_refuses_is_exit_code_1_with_the_providers_own_code(
    room: Newsroom, hook: WebhookReceiver
) -> None:
    hook.will_answer(Response(410), Response(410))
    code, out, err = run("test", "hook")
    assert (code, out) == (1, "")
    assert err.splitlines()[-1].startswith("Error: channel hook has not taken the message: HTTP 410: ")
    assert answer("test", "hook", code=1)["outcome"] == "permanent_channel"
    assert len(hook.seen) == 2, "a test is one attempt"


def test_the_console_of_a_test_leaves_stdout_to_the_result(room: Newsroom) -> None:
    assert answer("test", "log")["outcome"] == "ok"
    assert '"message.told"' in (room.settings.log_dir / "monitoring.log").read_text()


def test_with_neither_broker_nor_worker_a_sweep_tells_everything_once(room: Newsroom, hook: WebhookReceiver) -> None:
    room.repair(("paused", {"reason": "key rejected"}))
    assert answer("sweep")["counts"]["sent"] == 4
    assert sorted(event["event_type"] for event in hook.events().values()) == ["health_check", "repair_paused"]
    assert run("sweep")[:2] == (0, "Nothing was to be sent.\n")
    assert len(hook.received) == 2


def test_the_list_shows_each_message_on_a_narrow_line(room: Newsroom, hook: WebhookReceiver) -> None:
    hook.will_answer(Response(503))
    run("sweep")
    code, out, _ = run("list")
    header, *lines = out.splitlines()
    assert (code, header.split()[:6]) == (0, ["message", "made", "channel", "state", "why", "tried"])
    assert [line.split("  ")[0] for line in sorted(lines)] == sorted(each["id"][:12] for each in listed())
    (line,) = [line for line in lines if "  hook  " in line]
    assert line.index("503") < 80
    assert "  queued  first  1x" in line
    assert len(run("list", "--channel", "log", "--state", "sent")[1].splitlines()) == 2
    assert run("list", "--state", "dead") == (0, "", "No such message.\n")


def listed() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer("list")["deliveries"]
    return found


def test_programs_get_every_attempt_without_the_message(room: Newsroom, hook: WebhookReceiver) -> None:
    run("sweep")
    (sent,) = answer("list", "--channel", "hook")["deliveries"]
    assert (sent["state"], sent["reason"], sent["level"]) == ("sent", "first", "critical")
    (attempt,) = sent["attempts"]
    assert (attempt["outcome"], attempt["code"]) == ("ok", "HTTP 204")
    assert "message" not in sent


def given_up(hook: WebhookReceiver, place: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A message that a chat at the same address refused for good."""
    configure(place, monkeypatch, chat={"kind": "slack", "url": hook.url, "inner": True})
    hook.will_answer(Response(400, b"invalid_payload"))
    run("sweep")
    (dead,) = answer("dead")["deliveries"]
    return str(dead["id"])


def test_a_dead_message_is_listed_with_its_reason_and_sent_again_under_its_id(
    room: Newsroom, hook: WebhookReceiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = given_up(hook, tmp_path, monkeypatch)
    code, out, err = run("dead")
    assert (code, len(out.splitlines()), "invalid_payload" in out) == (0, 2, True)
    assert err == "Send them again: reconcilery notify redeliver MESSAGE, or --channel CHANNEL\n"
    assert run("redeliver", dead[:12], "--dry-run") == (0, f"{dead}\n", "1 message would be sent again.\n")
    assert answer("redeliver", "--channel", "chat", "--dry-run") == {"dry_run": True, "messages": [dead]}
    assert len(answer("dead")["deliveries"]) == 1
    told = (0, f"{dead}\n", "1 message will be sent again by the next sweep.\n")
    assert run("redeliver", "--channel", "chat", "--since", "now-1h") == told
    hook.will_answer(Response(200, b"ok"))
    assert answer("sweep")["counts"] == {"sent": 1}
    (sent,) = listed()
    assert (sent["id"], sent["state"], sent["reason"]) == (dead, "sent", "redelivered")
    assert [attempt["outcome"] for attempt in sent["attempts"]] == ["permanent_message", "ok"]
    assert run("dead") == (0, "", "No message was given up.\n")
    assert run("redeliver", "--since", "now-1h") == (0, "", "No message was given up that fits.\n")


def test_messages_of_a_channel_that_is_no_longer_set_up_can_still_be_looked_at(
    room: Newsroom, hook: WebhookReceiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = given_up(hook, tmp_path, monkeypatch)
    configure(tmp_path, monkeypatch, log={"kind": "console"})
    for command in ("list", "dead"):
        assert [each["id"] for each in answer(command, "--channel", "chat")["deliveries"]] == [dead]


WRONG: list[tuple[tuple[str, ...], str]] = [
    (("tset",), "No such command 'tset'. Did you mean 'test'?"),
    (("test",), "Missing argument 'CHANNEL'"),
    (("test", "hok"), "channel: there is no channel 'hok'; did you mean hook?; known are hook, log"),
    (("list", "--channel", "hok"), "--channel: there is no channel 'hok'; did you mean hook?"),
    (("list", "--state", "lost"), "'--state': 'lost' is not one of 'queued', 'sending', 'sent', 'dead', 'superseded'"),
    (("list", "--limit", "0"), "'--limit': 0 is not in the range"),
    (("dead", "--channel", "hok"), "--channel: there is no channel 'hok'"),
    (("dead", "--since", "soon"), "--since: 'soon' is no date"),
    (("redeliver",), "redeliver: say which messages, by their ids, by --channel or by --since"),
    (("redeliver", "msg_123456"), "redeliver: there is no message 'msg_123456'; `reconcilery notify dead` shows them"),
    (("redeliver", ""), "redeliver: there is no message ''"),
    (("redeliver", "%"), "redeliver: there is no message '%'"),
    (("redeliver", "QUEUED"), "is queued; only a dead one can be sent again"),
    (("redeliver", "--channel", "hok"), "--channel: there is no channel 'hok'"),
    (("redeliver", "--since", "soon"), "--since: 'soon' is no date"),
    (("sweep", "--seconds", "0"), "'--seconds': 0.0 is not in the range"),
]


@pytest.mark.parametrize(("arguments", "told"), WRONG, ids=[" ".join(case[0]) for case in WRONG])
def test_what_is_typed_wrong_is_one_line_that_names_it(
    room: Newsroom, hook: WebhookReceiver, arguments: tuple[str, ...], told: str
) -> None:
    hook.will_answer(Response(503))
    run("sweep")
    before = listed()
    (queued,) = [each["id"] for each in before if each["state"] == "queued"]
    for as_json in ((), ("--json",)):
        code, out, err = run(*(queued if each == "QUEUED" else each for each in arguments), *as_json)
        assert (code, out) == (2, "")
        (line,) = [line for line in err.splitlines() if line.startswith("Error: ")]
        assert told in line
        assert line == err.splitlines()[-1]
    assert listed() == before


FEISHU = "https://open.feishu.cn/open-apis/bot/v2/hook/0123456789"
ROUTE = {"id": "all", "receivers": ["ops"]}

#: A wrong table of channels, or of channels and routes, and a part of the line about it.
SETTINGS: list[tuple[dict[str, Any], str]] = [
    (
        {"channels": {"ops": {"kind": "carrier-pigeon"}}},
        "CHANNELS.ops has the unknown kind 'carrier-pigeon'; known are feishu, lark",
    ),
    ({"channels": {"ops": {"kind": "webhook"}}}, "CHANNELS.ops.url is "),
    ({"channels": {"ops": {"kind": "webhook", "url": "ftp://example.com/x"}}}, "CHANNELS.ops.url is "),
    ({"channels": {"ops": {"kind": "webhook", "url": "no address"}}}, "CHANNELS.ops.url is "),
    ({"channels": {"ops": {"url": FEISHU, "secret": "env:NO_SUCH_VARIABLE"}}}, "names the variable NO_SUCH_VARIABLE"),
    ({"channels": {"ops": {"url": FEISHU, "secret": "file:/no/such/file"}}}, "names the file /no/such/file"),
    ({"channels": {"ops": {"kind": "webhook", "url": "https://example.com/", "secret": "short"}}}, "must be whsec_"),
    ({"channels": {"ops": {"kind": "pagerduty"}}}, "CHANNELS.ops.routing_key is missing: the integration key"),
    ({"channels": {"ops": {"kind": "pagerduty", "routing_key": ""}}}, "CHANNELS.ops.routing_key must not be empty"),
    (
        {"channels": {"ops": {"kind": "email", "host": "h", "sender": "nobody", "to": ["a@example.com"]}}},
        "'nobody', which is no mail address; write name@example.com",
    ),
    ({"channels": {"ops": {"kind": "console", "fallback": "ops"}}}, "ops.fallback names the channel itself"),
    ({"channels": {"ops": {"kind": "console", "fallback": "opps"}}}, "names the channel 'opps', which there is not"),
    ({"channels": {"ops": {"kind": "console", "colour": "red"}}}, "CHANNELS.ops.colour is not a known key"),
    ({"routes": [{"id": "all", "receivers": ["opps"]}]}, "names the channel 'opps', which there is not"),
    ({"routes": [{"id": "all", "receivers": []}]}, "receivers"),
    ({"routes": [ROUTE, {**ROUTE, "id": "more"}]}, "can never be reached, because all takes everything; move it up"),
    ({"routes": [{**ROUTE, "hours": "9-18"}]}, 'must be two times of day, such as "09:00-18:00"'),
    ({"routes": [{**ROUTE, "rules": ["nope"]}]}, "names the rule 'nope', which there is not"),
    ({"maintenance": [{"id": "m", "hours": "03:00-03:00"}]}, "begins when it ends"),
    (
        {"maintenance": [{"id": "m", "start": "2026-02-02T00:00:00Z", "end": "2026-02-01T00:00:00Z"}]},
        "ends before it begins",
    ),
]


@pytest.mark.parametrize(("tables", "told"), SETTINGS, ids=[told for _, told in SETTINGS])
def test_a_wrong_configuration_is_one_line_that_names_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tables: dict[str, Any], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in {"channels": {"ops": {"kind": "console"}}, **tables}.items():
        monkeypatch.setenv(f"RECONCILERY_{name.upper()}", json.dumps(value))
    code, out, err = run("test", "ops")
    assert (code, out) == (2, "")
    (line,) = err.splitlines()
    assert told in line
    assert "0123456789" not in line, "the address of a hook is a secret"


def test_a_webhook_to_an_inner_address_is_refused_with_the_key_that_allows_it(
    tmp_path: Path, hook: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(tmp_path, monkeypatch, ops={"kind": "webhook", "url": hook.url})
    code, _, err = run("test", "ops")
    assert (code, hook.seen) == (1, [])
    assert "lies in an inner network" in err
    assert "set inner = true in [channels.ops]" in err
    assert "secret-path" not in err


def test_a_template_that_fails_still_tells_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(tmp_path, monkeypatch, ops={"kind": "console", "template": "{{ no.such.thing }}"})
    assert run("test", "ops")[0] == 0
    written = (tmp_path / "logs" / "monitoring.log").read_text()
    assert "Nothing is wrong" in written
    assert "template" in written


def test_without_own_tables_commands_say_how_to_make_them_and_a_test_needs_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(tmp_path, monkeypatch, ops={"kind": "console"})
    assert run("test", "ops")[0] == 0
    monkeypatch.setenv("RECONCILERY_DATABASE_URL", f"sqlite:///{tmp_path / 'new.sqlite'}")
    for command in (("list",), ("dead",), ("sweep",), ("redeliver", "msg_1234")):
        code, out, err = run(*command)
        assert (code, out) == (1, "")
        (line,) = err.splitlines()
        assert "reconcilery init" in line


def test_what_a_provider_answers_cannot_steer_the_terminal(room: Newsroom, hook: WebhookReceiver) -> None:
    hook.will_answer(*[Response(400, b"\x1b[2Jall is well\n")] * 2)
    run("sweep")
    for command in (("list",), ("dead",), ("test", "hook")):
        _, out, err = run(*command)
        assert "\x1b" not in out + err


def test_a_database_that_is_away_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(tmp_path, monkeypatch, ops={"kind": "console"})
    monkeypatch.setenv("RECONCILERY_DATABASE_URL", "postgresql://nobody:5ecret@127.0.0.1:1/none")
    for command in (("list",), ("sweep",)):
        code, out, err = run(*command)
        assert (code, out, len(err.splitlines())) == (1, "", 1)
        assert "5ecret" not in err
