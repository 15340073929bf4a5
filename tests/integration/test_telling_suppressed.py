"""What keeps alerts from being told, and that they are told when it is over."""

from typing import Any

import pytest
from sqlalchemy import Engine

from consistency.database import transaction
from notifiers.alerts.history import history
from notifiers.alerts.observation import Observation
from notifiers.alerts.silences import end_silence
from tests.factories.bulletin import bulletin, console, moment, route, wrong

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
ONE = {"channels": {"chat": console()}}


def test_a_silence_keeps_back_what_fires_until_it_ends(sqlite: Engine) -> None:
    made = bulletin(sqlite, **ONE)
    made.silence(0, HOUR, rule="task-*")
    made.see(1, wrong("h"))
    assert made.look(30) == []
    assert made.alert().suppressed_by == "silence by ann until 2025-09-15T13:00:00Z: known"
    assert made.look(HOUR) == ["chat: unsilenced c0"]
    assert made.alert().suppressed_by is None


def test_the_history_says_once_that_nobody_was_told_and_why(sqlite: Engine) -> None:
    made = bulletin(sqlite, **ONE)
    made.silence(0, HOUR, rule="task-*")
    made.see(1, wrong("h"))
    made.look(30)
    made.see(40, wrong("h"))
    made.look(70)
    with transaction(made.engine) as connection:
        lines = [(line.change, line.level, line.payload) for line in history(connection) if line.change == "muted"]
    assert lines == [("muted", "high", {"why": "silence by ann until 2025-09-15T13:00:00Z: known"})]


def test_a_silence_that_is_ended_early_is_noticed(sqlite: Engine) -> None:
    made = bulletin(sqlite, **ONE)
    given = made.silence(0, DAY, rule="task-outputs")
    made.see(1, wrong("h"))
    made.look(30)
    with transaction(made.engine) as connection:
        end_silence(connection, made.settings, given, "ann", moment(40))
    assert made.look(100) == ["chat: unsilenced c0"]


def test_a_silence_after_the_message_does_not_hide_the_end(sqlite: Engine) -> None:
    made = bulletin(sqlite, **ONE)
    made.see(0, wrong("h"))
    made.look(30)
    made.silence(60, DAY, kind="missing_outputs")
    assert made.look(3 * HOUR) == []
    made.see(4 * HOUR, wrong("g"))
    assert made.look(4 * HOUR + 30) == ["chat: all_resolved -c0"]


def test_a_graver_alert_of_the_rule_hides_milder_ones_until_it_is_over(sqlite: Engine) -> None:
    made = bulletin(sqlite, **ONE, routes=[route("all", "chat", group_by=["check"])])
    made.see(0, wrong("c", 0), wrong("m", 1), wrong("c", 2, rule="other"))
    assert sorted(made.look(30)) == ["chat: first c0", "chat: first c2"]
    assert made.alert(1).suppressed_by == f"critical alert {made.alert(0).id[:8]} of the same rule"
    made.see(100, wrong("g", 0))
    assert sorted(made.look(200)) == ["chat: all_resolved -c0", "chat: unsilenced c1"]


#: What would hide a mild alert, and does not.
HIDES_NOTHING: dict[str, dict[str, Any]] = {
    "of the same level": {"letter": "m"},
    "of another service": {"service": "other"},
    "a check that is silent": {"kind": "checker_silent"},
    "a finding": {"kind": "finding", "labels": {"check": "c0", "source": "database"}},
}


@pytest.mark.parametrize("how", HIDES_NOTHING.values(), ids=HIDES_NOTHING)
def test_other_alerts_hide_nothing(sqlite: Engine, how: dict[str, Any]) -> None:
    made = bulletin(sqlite, **ONE)
    made.see(0, wrong(**{"letter": "c", "number": 0, **how}), wrong("m", 1))
    assert any("c1" in line for line in made.look(30))


def found(letter: str, number: int, source: str) -> Observation:
    return wrong(letter, kind="finding", labels={"check": f"c{number}", "source": source})


#: A graver alert; a milder one of the same rule and service; whether both are told.
SEVERAL: dict[str, tuple[Observation, Observation, bool]] = {
    "a slow statement and missing outputs": (found("h", 0, "database"), wrong("m", 1), True),
    "missing outputs and a custom check's finding": (wrong("c", 0), found("m", 1, "files"), True),
    "findings of two sources": (found("h", 0, "database"), found("m", 1, "files"), True),
    "findings of one source in two checks": (found("h", 0, "files"), found("m", 1, "files"), False),
    "missing outputs of two checks": (wrong("h", 0), wrong("m", 1), False),
}


@pytest.mark.parametrize(("graver", "milder", "both"), SEVERAL.values(), ids=SEVERAL)
def test_a_graver_alert_hides_only_what_is_of_its_kind_and_source(
    sqlite: Engine, graver: Observation, milder: Observation, *, both: bool
) -> None:
    made = bulletin(sqlite, **ONE)
    made.see(0, graver, milder)
    assert made.look(30) == ["chat: first c0 c1" if both else "chat: first c0"]


def test_an_alert_that_is_silenced_itself_hides_nothing(sqlite: Engine) -> None:
    made = bulletin(sqlite, **ONE)
    made.silence(0, DAY, fingerprint=wrong(number=0).fingerprint)
    made.see(0, wrong("c", 0), wrong("m", 1))
    assert made.look(30) == ["chat: first c1"]


def test_nobody_is_told_during_a_maintenance_and_everybody_afterwards(sqlite: Engine) -> None:
    made = bulletin(sqlite, **ONE, maintenance=[{"id": "move", "days": ["mon"], "hours": "12:10-13:00"}])
    made.see(0, wrong("h", 0))
    assert made.look(30) == ["chat: first c0"]
    made.see(20 * MINUTE, wrong("g", 0), wrong("h", 1))
    made.happen(20 * MINUTE, "repair 1")
    assert made.look(30 * MINUTE) == []
    assert made.alert(1).suppressed_by == "maintenance move"
    assert made.look(HOUR) == ["chat: unsilenced c1 -c0 sync_success"]
