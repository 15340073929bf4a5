"""Events in the ledger: each once, whoever brings it and however often; found by what they are about."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from consistency.database import connect, transaction
from consistency.event_checks import seal
from consistency.events import Event, EventLevel, WrittenEvent, event_object, event_time
from consistency.ledger.event_tables import events
from consistency.ledger.events import (
    EventFilter,
    StoredEvent,
    events_received,
    find_event,
    find_events,
    forget_events,
    mark_events_told,
    store_events,
    untold_events,
)
from consistency.patience import patient
from tests.factories.messages import SEED_EVENT
from tests.factories.own_tables import make_own_tables
from tests.factories.taking_away import meanwhile

NOW = datetime(2026, 9, 16, 4, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ledger(engine: Engine) -> Engine:
    make_own_tables(engine)
    return engine


def an_event(name: str = "evt-1", minutes: float = 0, **values: Any) -> WrittenEvent:
    """An event that happened so many minutes before NOW."""
    known: dict[str, Any] = {"event_type": "sync_success", "level": "info", "service": "datasync", "id": name}
    known |= {"timestamp": event_time(NOW - minutes * MINUTE), "message": "数据同步完成 ✅", **values}
    return seal(Event(**known))


def store(ledger: Engine, *arrived: WrittenEvent, now: datetime = NOW, always: tuple[str, ...] = ()) -> None:
    with transaction(ledger) as connection:
        store_events(connection, arrived, now, EventLevel.WARNING, always)


def found(ledger: Engine, **chosen: Any) -> list[str]:
    with transaction(ledger) as connection:
        return [each.id for each in find_events(connection, EventFilter(**chosen))]


def waiting(ledger: Engine, limit: int = 100) -> list[str]:
    with transaction(ledger) as connection:
        return [each.id for each in untold_events(connection, limit)]


def test_an_event_is_kept_byte_for_byte_with_what_is_counted_of_it(ledger: Engine) -> None:
    sent = WrittenEvent("evt-1", seal(event_object(SEED_EVENT)).body)
    store(ledger, sent)
    with transaction(ledger) as connection:
        kept = find_event(connection, "evt-1")
        row = connection.execute(select(events)).one()
        assert find_event(connection, "evt-2") is None
    assert kept is not None
    assert (kept.body.encode(), kept.event.body()) == (sent.body, SEED_EVENT)
    assert (row.seconds, row.records, row.operation) == (30.5, 1000, None)
    assert (kept.occurred_at, kept.received_at) == (datetime(2025, 8, 29, 10, 30, tzinfo=UTC), NOW)


def test_the_same_event_again_changes_nothing_and_new_ones_beside_it_are_kept(ledger: Engine) -> None:
    store(ledger, an_event("a"), an_event("a"), an_event("A"))
    store(ledger, an_event("a", level="critical", message="another"), an_event("b"), now=NOW + MINUTE)
    assert sorted(found(ledger)) == ["A", "a", "b"]
    with transaction(ledger) as connection:
        kept = find_event(connection, "a")
    assert kept is not None
    assert (kept.event.level, kept.received_at) == ("info", NOW)
    assert waiting(ledger) == []


def test_an_event_of_a_clock_that_is_far_ahead_stands_where_it_came_in(ledger: Engine) -> None:
    ahead = an_event("ahead", timestamp="9999-12-31T23:59:59.999Z")
    store(ledger, an_event("before", 1), ahead)
    store(ledger, an_event("after", -2), now=NOW + 2 * MINUTE)
    assert found(ledger) == ["after", "ahead", "before"]
    assert found(ledger, until=NOW + MINUTE) == ["ahead", "before"]
    with transaction(ledger) as connection:
        kept = find_event(connection, "ahead")
        assert forget_events(connection, NOW + MINUTE, 10) == 2
    assert kept is not None
    assert (kept.body.encode(), kept.occurred_at) == (ahead.body, NOW)


def test_nothing_brought_is_nothing_kept(ledger: Engine) -> None:
    store(ledger)
    assert found(ledger) == []


#: What is asked for, and the events that are found, the newest first.
CHOSEN: list[tuple[dict[str, Any], str]] = [
    ({}, "dcba"),
    ({"services": ("datasync",)}, "da"),
    ({"types": ("sync_failure", "cleanup_start")}, "cb"),
    ({"min_level": EventLevel.WARNING}, "cb"),
    ({"min_level": EventLevel.CRITICAL}, "c"),
    ({"since": NOW - 20 * MINUTE}, "dc"),
    ({"until": NOW - 20 * MINUTE}, "ba"),
    ({"since": NOW - 30 * MINUTE, "until": NOW - 20 * MINUTE, "services": ("shop",)}, "b"),
    ({"services": ("nobody",)}, ""),
]


@pytest.mark.parametrize(("chosen", "names"), CHOSEN, ids=lambda value: str(value)[:40])
def test_events_are_found_by_what_they_are_about(sqlite: Engine, chosen: dict[str, Any], names: str) -> None:
    make_own_tables(sqlite)
    store(
        sqlite,
        an_event("a", 40),
        an_event("b", 30, service="shop", event_type="sync_failure", level="warning"),
        an_event("c", 20, service="shop", event_type="cleanup_start", level="critical"),
        an_event("d", 10),
    )
    assert "".join(found(sqlite, **chosen)) == names


def test_pages_follow_each_other_without_gap_or_double_where_many_happened_at_one_moment(ledger: Engine) -> None:
    store(ledger, *(an_event(f"e{number:02}", number // 7) for number in range(40)))
    pages: list[list[str]] = []
    last: StoredEvent | None = None
    with transaction(ledger) as connection:
        while page := find_events(connection, limit=6, before=last):
            pages.append([each.id for each in page])
            last = page[-1]
        everything = [each.id for each in find_events(connection, limit=100)]
    assert [each for page in pages for each in page] == everything
    assert len(set(everything)) == 40


def test_what_has_come_in_is_found_in_the_order_of_its_coming(ledger: Engine) -> None:
    store(ledger, an_event("b", 5), now=NOW)
    store(ledger, an_event("a", 60), an_event("c", 1), now=NOW + MINUTE)
    with transaction(ledger) as connection:
        assert [each.id for each in events_received(connection, NOW)] == ["b", "a", "c"]
        assert [each.id for each in events_received(connection, NOW + MINUTE)] == ["a", "c"]
        first = events_received(connection, NOW, limit=1)
        assert [each.id for each in events_received(connection, NOW, after=first[0])] == ["a", "c"]


def test_people_are_to_be_told_of_what_is_grave_and_of_the_types_that_somebody_asked_for(ledger: Engine) -> None:
    grave = [an_event("w", level="warning"), an_event("c", level="critical"), an_event("i")]
    store(ledger, *grave, an_event("z", event_type="sync_start"), always=("sync_start",))
    assert waiting(ledger) == ["c", "w", "z"]
    with transaction(ledger) as connection:
        mark_events_told(connection, ["c", "z", "unknown"])
    assert waiting(ledger) == ["w"]
    with transaction(ledger) as connection:
        store_events(connection, [an_event("o", level="critical", event_type="sync_start")], NOW, None, ("sync_start",))
    assert waiting(ledger) == ["w"]


def test_those_that_wait_longest_are_told_first(ledger: Engine) -> None:
    store(ledger, an_event("a", level="error"), now=NOW + MINUTE)
    store(ledger, an_event("b", level="warning"), now=NOW)
    assert waiting(ledger) == ["b", "a"]
    assert waiting(ledger, limit=1) == ["b"]


def test_old_events_are_forgotten_a_few_at_a_time_unless_somebody_is_to_be_told(ledger: Engine) -> None:
    store(ledger, *(an_event(f"old-{number}", 60) for number in range(7)), an_event("new", 1))
    store(ledger, an_event("old-grave", 60, level="error"))
    with transaction(ledger) as connection:
        assert forget_events(connection, NOW - 30 * MINUTE, limit=5) == 5
        assert forget_events(connection, NOW - 30 * MINUTE, limit=5) == 2
        assert forget_events(connection, NOW - 30 * MINUTE, limit=5) == 0
    assert sorted(found(ledger)) == ["new", "old-grave"]


def test_two_tellers_never_have_the_same_event_in_hand(ledger: Engine) -> None:
    store(ledger, *(an_event(f"e{number}", level="error") for number in range(20)))
    if ledger.dialect.name == "sqlite":
        return  # Whoever writes there is alone anyway.
    with transaction(ledger) as first, transaction(ledger) as second:
        mine = {each.id for each in untold_events(first, 8)}
        others = {each.id for each in untold_events(second, 100)}
    assert len(mine) == 8
    assert not mine & others


def test_many_who_bring_the_same_events_at_once_keep_each_once_and_none_waits_in_a_circle(
    ledger: Engine, database_url: str
) -> None:
    all_of_them = [an_event(f"e{number:03}", level="error") for number in range(120)]
    batches = [all_of_them[start : start + 60] for start in (0, 30, 60)]
    barrier = threading.Barrier(6)

    def bring(batch: list[WrittenEvent]) -> Callable[[], None]:
        @patient
        def once(engine: Engine, some: list[WrittenEvent]) -> None:
            with transaction(engine) as connection:
                store_events(connection, some, NOW, EventLevel.WARNING)

        def job() -> None:
            own = connect(database_url)
            try:
                barrier.wait(30)
                for start in range(0, 60, 20):
                    once(own, batch[start : start + 20][::-1])
                    once(own, batch)
            finally:
                own.dispose()

        return job

    with meanwhile(*(bring(batch) for batch in batches for _ in range(2))):
        pass
    with transaction(ledger) as connection:
        assert len(find_events(connection, limit=1000)) == 120
    assert len(waiting(ledger, 1000)) == 120
