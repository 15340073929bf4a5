"""What has happened in all is counted once, and stays counted when the rows are gone."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete

from consistency.database import transaction
from consistency.ledger.alert_tables import alert_changes
from consistency.ledger.counts import Name, Sums, keep_sums, read_sums
from consistency.ledger.delivery_tables import delivery_attempts
from consistency.ledger.event_tables import events
from consistency.ledger.tables import check_runs
from consistency.model import utc_text
from consistency.resources import Resources, open_resources
from consistency.settings import Settings
from monitoring.totals.keeping import keep_totals, totals_now
from tests.factories.happened import Past
from tests.factories.own_tables import make_own_tables

OLD, YOUNG = timedelta(days=1), timedelta(seconds=1)


@pytest.fixture
def resources(database_url: str, tmp_path: Path) -> Iterator[Resources]:
    opened = open_resources(Settings(database_url=database_url, log_dir=tmp_path))
    make_own_tables(opened.store)
    yield opened
    opened.dispose()


@pytest.fixture
def past(resources: Resources) -> Past:
    return Past(resources.store)


def totals_of(resources: Resources) -> dict[Name, float]:
    with transaction(resources.store) as connection:
        return totals_now(connection, resources.settings)


def test_all_that_has_happened_is_counted_before_anything_is_kept(resources: Resources, past: Past) -> None:
    past.check(OLD)
    past.check(YOUNG, seconds=4000)
    past.event("one", OLD)
    past.event("two", YOUNG, "error")
    past.attempt(1, OLD)
    past.attempt(2, YOUNG, "transient")
    past.change(1, OLD)
    past.change(2, YOUNG, "fired")
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


def test_what_is_kept_stays_counted_when_its_rows_are_forgotten(resources: Resources, past: Past) -> None:
    for number, ago in enumerate((OLD, 2 * OLD, YOUNG), 1):
        past.check(ago)
        past.event(f"event {number}", ago)
        past.attempt(number, ago)
        past.change(number, ago)
    before = totals_of(resources)
    assert keep_totals(resources) == 4
    assert totals_of(resources) == before
    forgotten = past.moment(OLD / 2)
    with transaction(resources.store) as connection:
        connection.execute(delete(check_runs).where(check_runs.c.closed_at < forgotten))
        connection.execute(delete(events).where(events.c.received_at < forgotten))
        connection.execute(delete(delivery_attempts).where(delivery_attempts.c.at < forgotten))
        connection.execute(delete(alert_changes).where(alert_changes.c.at < forgotten))
    assert totals_of(resources) == before
    past.event("another", YOUNG)
    grown = totals_of(resources)
    assert grown == before | {("events", "sync_start", "info"): 4}


def test_nothing_is_kept_twice_and_nothing_new_is_no_change(resources: Resources, past: Past) -> None:
    past.event("one", OLD)
    assert keep_totals(resources) == 4
    assert keep_totals(resources) == 0
    assert totals_of(resources) == {("events", "sync_start", "info"): 1}


@pytest.mark.parametrize("counted_before", [False, True])
def test_many_who_count_at_once_count_once(resources: Resources, past: Past, *, counted_before: bool) -> None:
    if counted_before:
        begin = past.moment(2 * OLD)
        with transaction(resources.store) as connection:
            keep_sums(connection, "events", Sums().with_more(utc_text(begin), {}), begin)
    for number in range(20):
        past.event(str(number), OLD)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: keep_totals(resources), range(8)))
    with transaction(resources.store) as connection:
        kept = read_sums(connection)["events"]
    assert dict(kept.by_name) == {("events", "sync_start", "info"): 20}


def test_a_number_that_is_still_young_holds_up_those_after_it(resources: Resources, past: Past) -> None:
    """What has a smaller number but commits later must not be passed over."""
    past.attempt(1, OLD)
    past.attempt(2, YOUNG)
    past.attempt(3, OLD)
    keep_totals(resources)
    with transaction(resources.store) as connection:
        kept = read_sums(connection)["attempts"]
    assert (kept.place, dict(kept.by_name)) == ("1", {("attempts", "ops", "ok"): 1})
    assert totals_of(resources) == {("attempts", "ops", "ok"): 3}


def test_sums_of_a_version_that_is_gone_are_not_written(resources: Resources, past: Past) -> None:
    now, first = past.moment(YOUNG), Sums().with_more("1", {("x",): 1})
    with transaction(resources.store) as connection:
        assert keep_sums(connection, "x", first, now)
        assert not keep_sums(connection, "x", first, now)
        assert keep_sums(connection, "x", first.with_more("2", {("x",): 1}), now)
        assert not keep_sums(connection, "x", first.with_more("3", {("x",): 5}), now)
        assert read_sums(connection) == {"x": Sums("2", {("x",): 2}, 2)}
