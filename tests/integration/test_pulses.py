"""Who has promised to be heard from again, and who has said goodbye."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from consistency.database import transaction
from consistency.events import Event, event_time
from consistency.ledger.pulses import Pulse, all_pulses, forget_pulses, latest_pulses, note_pulses
from consistency.patience import patient
from tests.factories.own_tables import make_own_tables
from tests.factories.taking_away import meanwhile

NOW = datetime(2026, 9, 16, 4, 0, tzinfo=UTC)


@pytest.fixture
def ledger(engine: Engine) -> Engine:
    make_own_tables(engine)
    return engine


@pytest.fixture
def book(sqlite: Engine) -> Iterator[Connection]:
    make_own_tables(sqlite)
    with transaction(sqlite) as connection:
        yield connection


def sign(seconds: float = 0, instance: str = "a:1", service: str = "datasync", **details: Any) -> Event:
    """A sign of life of so many seconds after NOW that promises the next one within half a minute."""
    known = {"heartbeat_seconds": 30, "status": "running", "instance": instance}
    at = event_time(NOW + timedelta(seconds=seconds))
    return Event(at, "service_status", "info", service, "alive", {**known, **details})


def goodbye(seconds: float, **details: Any) -> Event:
    return sign(seconds, status="stopped", heartbeat_seconds=None, **details)


def heard(book: Connection, *events: Event, now: datetime = NOW) -> list[str]:
    """Who is expected after these came in, as `service instance@second`."""
    note_pulses(book, events, now)
    return shown(all_pulses(book))


def shown(pulses: list[Pulse]) -> list[str]:
    return [f"{each.service} {each.instance}@{(each.last_at - NOW).total_seconds():.0f}" for each in pulses]


def test_the_latest_sign_of_each_process_counts_in_whatever_order_they_come(ledger: Engine) -> None:
    with transaction(ledger) as connection:
        assert heard(connection, sign(-60), sign(-30), sign(-45)) == ["datasync a:1@-30"]
    with transaction(ledger) as connection:
        assert heard(connection, sign(-50)) == ["datasync a:1@-30"]
    with transaction(ledger) as connection:
        assert heard(connection, sign(-10), sign(-20, "b:2"), sign(-5, service="shop")) == [
            "datasync a:1@-10",
            "datasync b:2@-20",
            "shop a:1@-5",
        ]
        found = all_pulses(connection)
    assert (found[0].every, found[0].status) == (timedelta(seconds=30), "running")


#: What came in, one after the other; who is expected then.
COURSES: list[tuple[list[Event], list[str]]] = [
    ([sign(-30), goodbye(-10)], []),
    ([goodbye(-10), sign(-30)], []),  # It was on its way for longer than the goodbye.
    ([goodbye(-10), sign(-5)], ["datasync a:1@-5"]),  # It has come back.
    ([sign(-30), sign(-20, "b:2"), goodbye(-10)], ["datasync b:2@-20"]),
    ([sign(-30), sign(-20, "b:2"), goodbye(-10, instance="")], []),  # Who names no process speaks for all.
    ([sign(-30), sign(-5, "b:2"), goodbye(-10, instance="")], ["datasync b:2@-5"]),
    ([goodbye(-10, service="never heard of")], []),
]


@pytest.mark.parametrize(("came", "expected"), COURSES)
def test_nobody_waits_for_whoever_has_said_goodbye(book: Connection, came: list[Event], expected: list[str]) -> None:
    for event in came:
        note_pulses(book, [event], NOW)
    assert shown(all_pulses(book)) == expected
    assert shown(latest_pulses(came, NOW)) == expected


#: Events in which nothing is promised.
NO_PROMISE = [
    sign(heartbeat_seconds=None),
    sign(heartbeat_seconds=0),
    sign(heartbeat_seconds=-5),
    sign(heartbeat_seconds=True),
    sign(heartbeat_seconds="30"),
    sign(heartbeat_seconds=10**9),
    Event(event_time(NOW), "health_check", "info", "datasync", "fine", {"heartbeat_seconds": 30}),
]


@pytest.mark.parametrize("event", NO_PROMISE, ids=lambda event: str(event.details))
def test_who_promises_nothing_is_not_waited_for(book: Connection, event: Event) -> None:
    assert heard(book, event) == []


def test_a_clock_that_is_ahead_counts_as_ours(book: Connection) -> None:
    assert heard(book, sign(3600)) == ["datasync a:1@0"]


def test_whoever_was_not_heard_for_long_is_forgotten(book: Connection) -> None:
    heard(book, sign(-1000), sign(-10, "b:2"), goodbye(-1000, instance="c:3"))
    assert forget_pulses(book, NOW - timedelta(seconds=100)) == 2
    assert shown(all_pulses(book)) == ["datasync b:2@-10"]


def test_two_who_hear_a_new_service_at_once_note_it_once(ledger: Engine) -> None:
    @patient
    def hear(second: float) -> None:
        with transaction(ledger) as connection:
            note_pulses(connection, [sign(second), sign(second, "b:2")], NOW)

    with meanwhile(*(lambda second=second: hear(-second) for second in (40, 10, 30, 20))):
        pass
    with transaction(ledger) as connection:
        assert shown(all_pulses(connection)) == ["datasync a:1@-10", "datasync b:2@-10"]
