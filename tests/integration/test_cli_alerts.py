"""`reconcilery alerts`: what a person on call types, and what programs get; whatever is wrong is one line."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from cli.actor import actor
from cli.main import reconcilery
from consistency.ledger.alert_tables import alert_changes, silences
from notifiers.telling import tell_check
from tests.factories.newsroom import Newsroom, newsroom_of

HOSTILE = "\x1b[2J"


@pytest.fixture
def room(sqlite: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Newsroom:
    """A critical alert of the full check, and a milder one that nobody has been told of yet."""
    values = {"DATABASE_URL": str(sqlite.url), "LOG_DIR": str(tmp_path / "logs"), "REDIS_URL": "redis://127.0.0.1:1/0"}
    for name, value in {**values, "TIMEZONE": "Asia/Shanghai"}.items():
        monkeypatch.setenv(f"RECONCILERY_{name}", value)
    monkeypatch.chdir(tmp_path)
    room = newsroom_of(sqlite, log_dir=tmp_path / "logs")
    for check_id in (room.check(300), room.check(90, kind="deep")):
        tell_check(room.resources, check_id)
    return room


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(reconcilery, arguments, prog_name="reconcilery")
    assert "unexpected" not in result.stderr
    return result.exit_code, result.stdout, result.stderr


def answer(*arguments: str) -> Any:
    """The one object on stdout."""
    code, out, err = run(*arguments, "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found.pop("schema_version") == 1
    return found


def critical(room: Newsroom) -> str:
    return next(alert.id for alert in room.alerts() if alert.level == "critical")


def pending(room: Newsroom) -> str:
    return next(alert.id for alert in room.alerts() if alert.level == "medium")


def table(*arguments: str) -> list[str]:
    code, out, err = run(*arguments)
    assert (code, err) == (0, "")
    return out.splitlines()


def test_the_list_says_what_is_wrong_since_when_and_how_often_it_was_seen(room: Newsroom) -> None:
    header, *lines = table("alerts", "list")
    assert header.split() == ["alert", "level", "state", "seen", "since", "taken", "by", "what"]
    assert len(lines) == 2
    (line,) = [line for line in lines if "critical" in line]
    assert line.startswith(critical(room)[:8])
    assert "  firing   1x    30 min ago" in line
    assert "task-outputs (full): unhealthy: 20.6 % of 378 successful tasks" in line
    assert len(table("alerts", "list", "--level", "critical")) == 2
    assert len(table("alerts", "list", "--limit", "1")) == 2
    assert run("alerts", "list", "--level", "high")[1:] == ("", "Nothing is wrong that anybody was told of.\n")


def test_what_is_over_is_listed_only_on_request(room: Newsroom) -> None:
    tell_check(room.resources, room.check(0, after=5))
    assert [each["state"] for each in answer("alerts", "list")["alerts"]] == ["pending"]
    assert {each["state"] for each in answer("alerts", "list", "--all")["alerts"]} == {"pending", "resolved"}


def test_programs_get_every_fact_of_an_alert(room: Newsroom) -> None:
    (alert,) = answer("alerts", "list", "--rule", "task-outputs", "--level", "critical")["alerts"]
    assert alert["id"] == critical(room)
    facts = ("kind", "labels", "level", "state", "episode", "seen", "starts_at", "acked_until", "suppressed_by")
    assert set(facts) <= set(alert)
    (mild,) = answer("alerts", "list", "--level", "medium")["alerts"]
    assert (mild["state"], mild["seen"]) == ("pending", 1)
    assert alert["details"]["command"].startswith("reconcilery repair plan --start-date ")


def test_an_alert_is_taken_on_for_a_time_in_ones_own_name(room: Newsroom) -> None:
    (line,) = table("alerts", "ack", critical(room)[:4], "--for", "2h", "--note", "looking at it")
    assert line.startswith(f"Alert {critical(room)[:8]} is yours until ")
    assert " +08:00: unhealthy" in line
    (shown,) = [each for each in table("alerts", "list") if "critical" in each]
    assert f"  {actor()}, 120 min more  " in shown
    (alert,) = [each for each in answer("alerts", "list")["alerts"] if each["acked_by"]]
    assert (alert["acked_by"], alert["ack_note"]) == (actor(), "looking at it")


def test_an_alert_ends_by_a_persons_word(room: Newsroom) -> None:
    done = answer("alerts", "resolve", critical(room), "--note", "was a test")["alert"]
    assert (done["state"], done["resolved_by"]) == ("resolved", actor())
    (line,) = [each for each in table("alerts", "history", critical(room)[:6]) if "resolved" in each]
    assert line.split()[-4:] == [actor(), "was", "a", "test"]


def test_history_is_newest_first_of_one_alert_or_of_all(room: Newsroom) -> None:
    run("alerts", "ack", critical(room), "--note", "mine")
    changes = answer("alerts", "history", critical(room))["changes"]
    assert [(each["change"], each["actor"]) for each in changes] == [
        ("acknowledged", actor()),
        ("fired", "reconcilery"),
    ]
    assert len(table("alerts", "history")) == 3
    assert len(table("alerts", "history", "--limit", "1")) == 1


def test_a_silence_says_what_it_fits_and_stands_in_the_list_until_somebody_ends_it(room: Newsroom) -> None:
    (line,) = table("alerts", "silence", "--rule", "task-*", "--for", "2h", "--reason", "provider migrates")
    assert line.endswith(" +08:00; it fits 1 of 1 alerts that fire now.")
    header, listed = table("alerts", "silences")
    assert header.split() == ["silence", "what", "from", "until", "by", "why"]
    assert "rule task-*" in listed
    assert listed.endswith(f"{actor()}  provider migrates")
    ended = answer("alerts", "unsilence", line.split()[1])["silence"]
    assert (ended["ended_by"], ended["matchers"]) == (actor(), {"rule": "task-*"})
    assert run("alerts", "silences") == (0, "", "Nothing is silenced.\n")
    assert "(over)" in table("alerts", "silences", "--all")[1]


def test_a_silence_of_the_future_says_when_it_begins(room: Newsroom) -> None:
    flags = ("--level", "critical", "--from", "2999-01-01", "--until", "2999-01-02T08:00", "--reason", "move")
    (line,) = table("alerts", "silence", *flags)
    assert "holds from 2999-01-01 00:00:00 +08:00 until 2999-01-02 08:00:00 +08:00" in line
    assert room.count(silences) == 1


SILENCE = ("silence", "--for", "2h", "--reason", "x")

WRONG: list[tuple[tuple[str, ...], str]] = [
    (("lst",), "No such command 'lst'. Did you mean 'list'?"),
    (("list", "--level", "grave"), "'--level': 'grave' is not one of 'low', 'medium', 'high', 'critical'"),
    (("list", "--rule", "task-output"), "--rule: there is no rule 'task-output'; did you mean task-outputs?"),
    (("list", "--limit", "0"), "'--limit': 0 is not in the range"),
    (("ack",), "Missing argument 'ALERT'"),
    (("ack", "zz"), "alert: 'zz' is no alert's id; give its first digits, at least 4"),
    (("ack", "%"), "alert: '%' is no alert's id"),
    (("ack", "123"), "at least 4"),
    (("ack", "0000000000"), "there is no alert 0000000000; `reconcilery alerts list` shows them"),
    (("ack", "CRITICAL", "--for", "soon"), "--for: 'soon' is no duration: write a number with a unit"),
    (("ack", "CRITICAL", "--for", "0h"), "--for: 0h must be longer than 0 and at most 10 years"),
    (("ack", "CRITICAL", "--for", "11000d"), "--for: 11000d must be longer than 0 and at most 10 years"),
    (("ack", "CRITICAL", "--note", "x" * 501), "note: has 501 characters; it can have 500"),
    (("ack", "PENDING"), "is pending; only a firing alert can be acknowledged"),
    (("resolve", "PENDING"), "is pending; only a firing alert can be resolved"),
    (("history", "nothing"), "alert: 'nothing' is no alert's id"),
    (("history", "--limit", "many"), "'--limit': 'many' is not a valid integer"),
    (SILENCE, "--rule: name what is to be silent, by --rule, --service, --kind, --level, --check, --alert"),
    (
        ("silence", "--rule", "task-outputs", "--reason", "x"),
        "--for: a silence needs an end, so that nobody forgets it",
    ),
    (("silence", "--rule", "task-outputs", "--for", "2h"), "--reason: is empty"),
    ((*SILENCE, "--rule", "task-output"), "--rule: nothing is called 'task-output'; did you mean task-outputs?"),
    ((*SILENCE, "--rule", ""), "--rule: is empty"),
    ((*SILENCE, "--level", "hihg"), "--level: nothing is called 'hihg'; did you mean high?"),
    ((*SILENCE, "--check", "range"), "--check: nothing is called 'range'; known are quick, full, deep"),
    (
        (*SILENCE, "--kind", "missing_output"),
        "--kind: nothing is called 'missing_output'; did you mean missing_outputs?",
    ),
    ((*SILENCE, "--alert", "0000000000"), "--alert: there is no alert 0000000000"),
    ((*SILENCE, "--rule", "task-outputs", "--until", "2999-01-01"), "--for cannot be combined with --until"),
    ((*SILENCE, "--rule", "task-outputs", "--from", "soon"), "--from: 'soon' is no date: write 2026-09-15"),
    (
        ("silence", "--rule", "task-outputs", "--reason", "x", "--until", "2020-01-01"),
        "--until: 2019-12-31T16:00:00Z is over already; give a time to come",
    ),
    (
        ("silence", "--rule", "task-outputs", "--reason", "x", "--from", "2999-01-02", "--until", "2999-01-01"),
        "--until: 2998-12-31T16:00:00Z is not after the start, 2999-01-01T16:00:00Z",
    ),
    (
        ("unsilence", "9c4"),
        "there is no silence '9c4'; give at least 4 digits of its id, which `reconcilery alerts silences`",
    ),
    (("unsilence", "9c41"), "silence: there is no silence '9c41'"),
]


@pytest.mark.parametrize(("arguments", "told"), WRONG, ids=[" ".join(case[0])[:60] for case in WRONG])
def test_what_is_typed_wrong_is_one_line_that_names_it_and_nothing_is_written(
    room: Newsroom, arguments: tuple[str, ...], told: str
) -> None:
    before = [room.count(each) for each in (alert_changes, silences)]
    places = {"CRITICAL": critical(room), "PENDING": pending(room)}
    for as_json in ((), ("--json",)):
        code, out, err = run("alerts", *(places.get(each, each) for each in arguments), *as_json)
        assert (code, out) == (2, "")
        (line,) = [line for line in err.splitlines() if line.startswith("Error: ")]
        assert told in line
        assert line == err.splitlines()[-1]
    assert [room.count(each) for each in (alert_changes, silences)] == before


def test_without_own_tables_every_command_says_how_to_make_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECONCILERY_DATABASE_URL", f"sqlite:///{tmp_path / 'new.sqlite'}")
    for command in (
        ("list",),
        ("ack", "1234"),
        ("resolve", "1234"),
        ("history",),
        ("silences",),
        ("unsilence", "1234"),
    ):
        code, out, err = run("alerts", *command)
        assert (code, out) == (1, "")
        (line,) = err.splitlines()
        assert "reconcilery init" in line


def test_what_people_and_data_have_written_cannot_steer_the_terminal(room: Newsroom) -> None:
    spoiled = room.check(301, after=5, verdict=f"unhealthy{HOSTILE}\nall is well")
    tell_check(room.resources, spoiled)
    run("alerts", "ack", critical(room), "--note", f"x{HOSTILE}\ny")
    run("alerts", "silence", "--kind", f"*{HOSTILE}", "--for", "2h", "--reason", "x")
    run("alerts", "silence", "--service", f"s{HOSTILE}", "--for", "2h", "--reason", f"x{HOSTILE}")
    for command in (("list",), ("history",), ("silences",), ("ack", critical(room)), ("resolve", critical(room))):
        _, out, err = run("alerts", *command)
        assert "\x1b" not in out + err
        assert not any(line.startswith("all is well") for line in out.splitlines())


COMMANDS = {
    "alerts": ("", "list", "ack", "resolve", "history", "silence", "unsilence", "silences"),
    "notify": ("", "test", "list", "dead", "redeliver", "sweep"),
}


@pytest.mark.parametrize(("group", "command"), [(group, each) for group, names in COMMANDS.items() for each in names])
def test_every_help_ends_with_an_example(group: str, command: str) -> None:
    code, out, _ = run(group, *command.split(), "-h")
    assert code == 0
    assert f"Example: reconcilery {group} " in " ".join(out.strip().splitlines()[-2:])
