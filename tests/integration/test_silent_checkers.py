"""A check that has fallen silent is told of, and resolves nothing."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, insert

from consistency.database import transaction
from consistency.ledger.tables import check_runs
from consistency.settings import Settings
from notifiers.alerts.alert import Alert, AlertState
from notifiers.alerts.handling import find_alerts
from notifiers.alerts.ingest import ingest, ingest_report
from notifiers.alerts.kinds import CHECKER_SILENT
from notifiers.alerts.observation import Sight
from notifiers.alerts.silent_checkers import mark_stale, silent_checkers
from tests.factories.observing import BEGIN, QUARTER
from tests.factories.own_tables import make_own_tables
from tests.factories.reports import report_of

SETTINGS = Settings(service="studio")
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def ledger(sqlite: Engine) -> Iterator[Connection]:
    make_own_tables(sqlite)
    with transaction(sqlite) as connection:
        yield connection


def ran(ledger: Connection, kind: str, at: datetime, *, coverage: float = 1.0, state: str = "closed") -> None:
    """A check that closed at that moment."""
    values = {"id": f"{kind} {at:%d %H:%M}", "rule_id": "task-outputs", "rule_hash": "x", "type": kind, "state": state}
    moments = dict.fromkeys(("window_start", "window_end", "as_of", "created_at", "closed_at"), at)
    report = json.dumps({"coverage": coverage})
    ledger.execute(insert(check_runs).values(**values, **moments, options="{}", report=report))


def silent(ledger: Connection, now: datetime) -> list[str]:
    """The types that are silent then."""
    return [each.labels["check"] for each in silent_checkers(ledger, SETTINGS, now) if each.verdict is Sight.BAD]


def look(ledger: Connection, now: datetime) -> list[Alert]:
    """The alerts of silent checks after one turn of the sweeper."""
    ingest(ledger, SETTINGS, silent_checkers(ledger, SETTINGS, now), now)
    mark_stale(ledger, SETTINGS, now)
    return [alert for alert in find_alerts(ledger) if alert.kind == CHECKER_SILENT]


#: What ran and how long ago, and the types that are silent now.
RUNS: list[tuple[list[tuple[str, timedelta]], list[str]]] = [
    ([], []),  # Nobody has begun yet.
    ([("quick", 3 * QUARTER)], []),
    ([("quick", 3 * QUARTER + SECOND)], ["quick"]),
    ([("full", 3 * HOUR + SECOND), ("quick", QUARTER)], ["full"]),
    ([("deep", 3 * DAY), ("quick", QUARTER)], ["full"]),  # Never ran, where others ran for three days.
    ([("deep", 3 * DAY + SECOND), ("quick", QUARTER), ("full", QUARTER)], ["deep"]),
    ([("quick", 4 * HOUR), ("quick", QUARTER)], ["full"]),
    ([("quick", 3 * HOUR), ("quick", SECOND)], []),
    ([("range", 9 * DAY), ("range", SECOND)], []),  # Only people ask for those.
]


@pytest.mark.parametrize(("past", "types"), RUNS, ids=lambda value: str(value) if value else "none")
def test_which_checks_are_silent(ledger: Connection, past: list[tuple[str, timedelta]], types: list[str]) -> None:
    for kind, ago in past:
        ran(ledger, kind, BEGIN - ago)
    assert silent(ledger, BEGIN) == types


def test_a_check_that_measures_not_everything_says_as_little_as_none(ledger: Connection) -> None:
    ran(ledger, "quick", BEGIN)
    for number in range(1, 5):
        ran(ledger, "quick", BEGIN + number * QUARTER, coverage=0.9)
        ran(ledger, "quick", BEGIN + number * QUARTER + SECOND * 60, state="cancelled")
    assert silent(ledger, BEGIN + 4 * QUARTER) == ["quick"]
    ran(ledger, "quick", BEGIN + 5 * QUARTER)
    assert silent(ledger, BEGIN + 5 * QUARTER) == []


def test_it_is_told_once_when_it_stays_silent_and_is_over_when_it_is_back(ledger: Connection) -> None:
    ran(ledger, "quick", BEGIN)
    late = BEGIN + 3 * QUARTER + SECOND
    for seconds in range(0, 60, 5):
        (alert,) = look(ledger, late + seconds * SECOND)
        assert alert.state is AlertState.PENDING
    (alert,) = look(ledger, BEGIN + 4 * QUARTER)
    assert (alert.state, alert.level, alert.seen) == (AlertState.FIRING, "high", 2)
    assert alert.summary == "no whole quick check of task-outputs since 2026-09-16T03:00:00Z; one is due every 15m"
    ran(ledger, "quick", BEGIN + 5 * QUARTER)
    (alert,) = look(ledger, BEGIN + 5 * QUARTER)
    assert alert.state is AlertState.RESOLVED


def test_a_start_after_a_long_stop_alarms_nobody(ledger: Connection) -> None:
    ran(ledger, "quick", BEGIN)
    started = BEGIN + 9 * HOUR
    look(ledger, started)
    ran(ledger, "quick", started + 60 * SECOND)
    found = look(ledger, started + 65 * SECOND)
    assert [(alert.labels["check"], alert.state) for alert in found] == [("full", AlertState.PENDING)]


def test_silence_marks_alerts_stale_and_ends_none(ledger: Connection) -> None:
    ran(ledger, "quick", BEGIN)
    ingest_report(ledger, SETTINGS, report_of(300), BEGIN)
    look(ledger, BEGIN + 3 * QUARTER)
    (alert,) = find_alerts(ledger)
    assert not alert.stale
    for number in range(4, 50):
        look(ledger, BEGIN + number * QUARTER)
    found = {alert.kind: alert for alert in find_alerts(ledger)}
    assert {kind: alert.state for kind, alert in found.items()} == dict.fromkeys(found, AlertState.FIRING)
    assert found["missing_outputs"].stale
    assert not found[CHECKER_SILENT].stale
    later = BEGIN + 50 * QUARTER
    ingest_report(ledger, SETTINGS, report_of(300, as_of=later), later)
    found = {alert.kind: alert for alert in find_alerts(ledger)}
    assert not found["missing_outputs"].stale
