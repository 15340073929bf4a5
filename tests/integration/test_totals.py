"""What has happened in all is counted once, and stays counted when the rows are gone."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, insert

from consistency.database import database_now, transaction
from consistency.ledger.alert_tables import alert_changes
from consistency.ledger.counts import Name, Sums, keep_sums, read_sums
from consistency.ledger.delivery_tables import deliveries, delivery_attempts
from consistency.ledger.event_tables import events
from consistency.ledger.tables import check_runs
from consistency.model import utc_text
from consistency.resources import Resources, open_resources
from consistency.settings import Settings
from monitoring.totals.keeping import keep_totals, totals_now
from tests.factories.own_tables import make_own_tables
from tests.factories.reports import report_of

OLD, YOUNG = timedelta(days=1), timedelta(seconds=1)
STATEMENTS = {"tasks": {"times": 2, "seconds": 0.5, "slowest": 0.4, "rows": 10}}


@pytest.fixture
def resources(database_url: str, tmp_path: Path) -> Iterator[Resources]:
    opened = open_resources(Settings(database_url=database_url, log_dir=tmp_path))
    make_own_tables(opened.store)
    yield opened
    opened.dispose()


def totals_of(resources: Resources) -> dict[Name, float]:
    with transaction(resources.store) as connection:
        return totals_now(connection, resources.settings)


def moment(resources: Resources, ago: timedelta) -> datetime:
    with transaction(resources.store) as connection:
        return database_now(connection) - ago


def add_check(resources: Resources, ago: timedelta, seconds: float = 0.3, missing: int = 31) -> None:
    at = moment(resources, ago)
    report = report_of(missing, as_of=at, database={"query_seconds": 0.5, "statements": STATEMENTS})
    values = {
        "id": utc_text(at),
        "rule_id": "task-outputs",
        "rule_hash": "x",
        "type": "quick",
        "state": "closed",
        "window_start": at,
        "window_end": at,
        "as_of": at,
        "options": "{}",
        "created_at": at - timedelta(seconds=seconds),
        "closed_at": at,
        "report": json.dumps(report),
    }
    with transaction(resources.store) as connection:
        connection.execute(insert(check_runs).values(values))


def add_event(resources: Resources, name: str, ago: timedelta, level: str = "info") -> None:
    at = moment(resources, ago)
    row = {"id": name, "occurred_at": at, "received_at": at, "event_type": "sync_start", "level": level}
    with transaction(resources.store) as connection:
        connection.execute(insert(events).values(**row, service="datasync", body="{}"))


def add_attempt(resources: Resources, number: int, ago: timedelta, outcome: str = "ok") -> None:
    at, name = moment(resources, ago), f"message {number}"
    message = {"id": name, "group_key": "g", "channel": "ops", "seq": number, "reason": "fired", "level": "high"}
    state = {"state": "sent", "message": "{}", "attempts": 1, "next_at": at, "created_at": at}
    attempt = {"no": 1, "at": at, "outcome": outcome, "code": "", "detail": "", "reply": "", "milliseconds": 5}
    with transaction(resources.store) as connection:
        connection.execute(insert(deliveries).values(**message, **state))
        connection.execute(insert(delivery_attempts).values(id=number, delivery_id=name, **attempt))


def add_mute(resources: Resources, number: int, ago: timedelta, change: str = "muted") -> None:
    at = moment(resources, ago)
    row = {"alert_id": "a", "episode": 1, "at": at, "change": change, "level": "high", "actor": "x", "payload": "{}"}
    with transaction(resources.store) as connection:
        connection.execute(insert(alert_changes).values(id=number, **row))


def test_all_that_has_happened_is_counted_before_anything_is_kept(resources: Resources) -> None:
    add_check(resources, OLD)
    add_check(resources, YOUNG, seconds=4000)
    add_event(resources, "one", OLD)
    add_event(resources, "two", YOUNG, "error")
    add_attempt(resources, 1, OLD)
    add_attempt(resources, 2, YOUNG, "transient")
    add_mute(resources, 1, OLD)
    add_mute(resources, 2, YOUNG, "fired")
    assert totals_of(resources) == {
        ("checks", "task-outputs", "quick", "degraded"): 2,
        ("check_seconds", "quick", "2"): 1,
        ("check_seconds", "quick", "12"): 1,
        ("check_seconds_sum", "quick"): pytest.approx(4000.3),
        ("queries", "tasks"): 4,
        ("query_seconds", "tasks"): 1.0,
        ("events", "sync_start", "info"): 1,
        ("events", "sync_start", "error"): 1,
        ("attempts", "ops", "ok"): 1,
        ("attempts", "ops", "transient"): 1,
        ("muted", "high"): 1,
    }


def test_what_is_kept_stays_counted_when_its_rows_are_forgotten(resources: Resources) -> None:
    for number, ago in enumerate((OLD, 2 * OLD, YOUNG), 1):
        add_check(resources, ago)
        add_event(resources, f"event {number}", ago)
        add_attempt(resources, number, ago)
        add_mute(resources, number, ago)
    before = totals_of(resources)
    assert keep_totals(resources) == 4
    assert totals_of(resources) == before
    forgotten = moment(resources, OLD / 2)
    with transaction(resources.store) as connection:
        connection.execute(delete(check_runs).where(check_runs.c.closed_at < forgotten))
        connection.execute(delete(events).where(events.c.received_at < forgotten))
        connection.execute(delete(delivery_attempts).where(delivery_attempts.c.at < forgotten))
        connection.execute(delete(alert_changes).where(alert_changes.c.at < forgotten))
    assert totals_of(resources) == before
    add_event(resources, "another", YOUNG)
    grown = totals_of(resources)
    assert grown == before | {("events", "sync_start", "info"): 4}


def test_nothing_is_kept_twice_and_nothing_new_is_no_change(resources: Resources) -> None:
    add_event(resources, "one", OLD)
    assert keep_totals(resources) == 4
    assert keep_totals(resources) == 0
    assert totals_of(resources) == {("events", "sync_start", "info"): 1}


@pytest.mark.parametrize("counted_before", [False, True])
def test_many_who_count_at_once_count_once(resources: Resources, *, counted_before: bool) -> None:
    if counted_before:
        begin = moment(resources, 2 * OLD)
        with transaction(resources.store) as connection:
            keep_sums(connection, "events", Sums().with_more(utc_text(begin), {}), begin)
    for number in range(20):
        add_event(resources, str(number), OLD)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: keep_totals(resources), range(8)))
    with transaction(resources.store) as connection:
        kept = read_sums(connection)["events"]
    assert dict(kept.by_name) == {("events", "sync_start", "info"): 20}


def test_a_number_that_is_still_young_holds_up_those_after_it(resources: Resources) -> None:
    """What has a smaller number but commits later must not be passed over."""
    add_attempt(resources, 1, OLD)
    add_attempt(resources, 2, YOUNG)
    add_attempt(resources, 3, OLD)
    keep_totals(resources)
    with transaction(resources.store) as connection:
        kept = read_sums(connection)["attempts"]
    assert (kept.place, dict(kept.by_name)) == ("1", {("attempts", "ops", "ok"): 1})
    assert totals_of(resources) == {("attempts", "ops", "ok"): 3}


def test_sums_of_a_version_that_is_gone_are_not_written(resources: Resources) -> None:
    now, first = moment(resources, YOUNG), Sums().with_more("1", {("x",): 1})
    with transaction(resources.store) as connection:
        assert keep_sums(connection, "x", first, now)
        assert not keep_sums(connection, "x", first, now)
        assert keep_sums(connection, "x", first.with_more("2", {("x",): 1}), now)
        assert not keep_sums(connection, "x", first.with_more("3", {("x",): 5}), now)
        assert read_sums(connection) == {"x": Sums("2", {("x",): 2}, 2)}
