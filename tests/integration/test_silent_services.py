"""A service that has promised signs of life and gives none is told of once, and so is that it is heard again."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine

from consistency.database import transaction
from consistency.events import Event, event_time
from consistency.ledger.pulses import forget_pulses, note_pulses
from notifiers.alerts.alert import Alert, AlertState
from notifiers.alerts.handling import find_alerts
from notifiers.alerts.ingest import ingest
from notifiers.alerts.kinds import SERVICE_SILENT
from notifiers.alerts.silent_services import silent_services
from tests.factories.bulletin import settings_with
from tests.factories.observing import BEGIN
from tests.factories.own_tables import make_own_tables

SETTINGS = settings_with()


@pytest.fixture
def ledger(sqlite: Engine) -> Iterator[Connection]:
    make_own_tables(sqlite)
    with transaction(sqlite) as connection:
        yield connection


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def hear(ledger: Connection, seconds: float, instance: str = "a:1", status: str = "running") -> None:
    """A sign of life that promises the next one within a minute."""
    details = {"heartbeat_seconds": 60, "status": status, "instance": instance}
    event = Event(event_time(at(seconds)), "service_status", "info", "datasync", "alive", details)
    note_pulses(ledger, [event], at(seconds))


def look(ledger: Connection, seconds: float) -> list[Alert]:
    """The alerts of silent services after one turn of the sweeper."""
    ingest(ledger, SETTINGS, silent_services(ledger, SETTINGS, at(seconds)), at(seconds))
    return [alert for alert in find_alerts(ledger) if alert.kind == SERVICE_SILENT]


def states(ledger: Connection, seconds: float) -> list[str]:
    return [alert.state for alert in look(ledger, seconds)]


def test_silence_for_three_periods_seen_twice_is_an_alert_that_ends_when_the_service_is_heard(
    ledger: Connection,
) -> None:
    hear(ledger, 0)
    assert states(ledger, 180) == []
    for second in range(181, 240, 5):
        assert states(ledger, second) == ["pending"]  # Perhaps only our own eyes were closed.
    (alert,) = look(ledger, 240)
    assert (alert.state, alert.level, alert.service) == (AlertState.FIRING, "high", "datasync")
    assert alert.summary == (
        "nothing was heard from datasync since 2026-09-16T03:00:00Z; one sign of life is due every 1m"
    )
    assert alert.details["command"] == "reconcilery events list --service datasync"
    hear(ledger, 300)
    (alert,) = look(ledger, 305)
    assert (alert.state, alert.summary) == (AlertState.RESOLVED, "datasync is heard again")


def test_a_service_that_was_started_anew_is_not_missed(ledger: Connection) -> None:
    hear(ledger, 0, "a:1")
    for second in range(60, 600, 60):
        hear(ledger, second, "a:2")
        assert states(ledger, second + 5) == []


def test_a_service_that_says_goodbye_is_not_missed(ledger: Connection) -> None:
    hear(ledger, 0)
    hear(ledger, 10, status="stopped")
    assert states(ledger, 1000) == []


def test_an_alert_ends_with_a_goodbye_or_when_the_service_is_forgotten(ledger: Connection) -> None:
    hear(ledger, 0)
    look(ledger, 200)
    assert states(ledger, 300) == ["firing"]
    hear(ledger, 301, instance="", status="stopped")
    (alert,) = look(ledger, 305)
    assert (alert.state, alert.summary) == (AlertState.RESOLVED, "datasync is not expected to be heard any more")
    hear(ledger, 400)
    look(ledger, 700)
    assert states(ledger, 800) == ["firing"]
    forget_pulses(ledger, at(800))
    assert states(ledger, 805) == ["resolved"]
