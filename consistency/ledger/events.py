"""The events of services: each is kept once, however often it comes, and read newest first."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, delete, or_, select, update
from sqlalchemy.dialects import mysql, postgresql, sqlite

from consistency.event_numbers import numbers_of
from consistency.event_times import happened_at
from consistency.events import Event, EventLevel, WrittenEvent, event_object
from consistency.ledger.event_tables import events
from consistency.ledger.pulses import note_pulses

_LEVELS = tuple(EventLevel)
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it is kept; `body` is its JSON object just as it came, whatever is made of its `timestamp`."""

    id: str
    occurred_at: datetime
    received_at: datetime
    body: str

    @property
    def event(self) -> Event:
        return event_object(json.loads(self.body), self.id)


@dataclass(frozen=True, slots=True)
class EventFilter:
    """What is left out fits everything; `since` is included, `until` is not."""

    services: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    min_level: EventLevel = EventLevel.INFO
    since: datetime | None = None
    until: datetime | None = None


EVERYTHING = EventFilter()


def store_events(
    connection: Connection,
    arrived: Sequence[WrittenEvent],
    now: datetime,
    tell_from: EventLevel | None,
    always: Collection[str] = (),
) -> int:
    """Keep events that are not known yet; how many those are, where the database says so.

    People are told of those from the level `tell_from` on, and of the types `always` at any level; None is for events
    that are told in another way.
    """
    read = [(each, each.read()) for each in arrived]
    # In one order everywhere, so that two who bring the same events never wait for each other in a circle.
    rows = sorted((_row(each, event, now, tell_from, always) for each, event in read), key=lambda row: str(row["id"]))
    if not rows:
        return 0
    counting = {"preserve_rowcount": True}
    stored = connection.execute(_insert_new(connection.dialect.name), rows, execution_options=counting).rowcount
    note_pulses(connection, [event for _, event in read], now)
    return max(stored, 0)


def _row(
    arrived: WrittenEvent, event: Event, now: datetime, tell_from: EventLevel | None, always: Collection[str]
) -> dict[str, object]:
    numbers = numbers_of(event)
    told = tell_from is not None and (is_told(event.level, tell_from) or event.event_type in always)
    return {
        "id": arrived.id,
        "occurred_at": happened_at(event.timestamp, now),
        "received_at": now,
        "event_type": event.event_type,
        "level": event.level,
        "service": event.service,
        "operation": numbers.operation,
        "seconds": numbers.seconds,
        "records": numbers.records,
        "body": arrived.body.decode(),
        "untold_since": now if told else None,
    }


def is_told(level: str, tell_from: EventLevel) -> bool:
    """Whether an event of that level is grave enough to be told whatever its type."""
    return _LEVELS.index(EventLevel(level)) >= _LEVELS.index(tell_from)


def _insert_new(dialect: str) -> Any:
    if dialect in {"mysql", "mariadb"}:
        return mysql.insert(events).on_duplicate_key_update(id=events.c.id)
    kind = postgresql if dialect == "postgresql" else sqlite
    return kind.insert(events).on_conflict_do_nothing(index_elements=["id"])


def find_events(
    connection: Connection, chosen: EventFilter = EVERYTHING, limit: int = 50, before: StoredEvent | None = None
) -> list[StoredEvent]:
    """The newest events by the time at which they happened; `before` is the last one of the page that came first."""
    found = _newest(chosen, limit)
    if before is not None:
        older = events.c.occurred_at < before.occurred_at
        same = and_(events.c.occurred_at == before.occurred_at, events.c.id < before.id)
        found = found.where(or_(older, same))
    return [_stored(row) for row in connection.execute(found)]


def events_received(
    connection: Connection,
    since: datetime,
    chosen: EventFilter = EVERYTHING,
    limit: int = 1000,
    after: StoredEvent | None = None,
) -> list[StoredEvent]:
    """Events that have come in since then, oldest first; one that commits late stands before some that are seen.

    `after` is the last one of the page that came first.
    """
    found = _filtered(chosen).where(events.c.received_at >= since).order_by(events.c.received_at, events.c.id)
    if after is not None:
        same = and_(events.c.received_at == after.received_at, events.c.id > after.id)
        found = found.where(or_(events.c.received_at > after.received_at, same))
    return [_stored(row) for row in connection.execute(found.limit(limit))]


def find_event(connection: Connection, event_id: str) -> StoredEvent | None:
    row = connection.execute(_filtered(EVERYTHING).where(events.c.id == event_id)).first()
    return _stored(row) if row else None


def untold_events(connection: Connection, limit: int) -> list[StoredEvent]:
    """Events that people are to be told of and nobody else has in hand, those first that have waited longest.

    They are locked for this transaction.
    """
    waiting = events.c.untold_since.is_not(None)
    found = _filtered(EVERYTHING).where(waiting).order_by(events.c.untold_since, events.c.id).limit(limit)
    return [_stored(row) for row in connection.execute(found.with_for_update(skip_locked=True))]


def mark_events_told(connection: Connection, ids: Iterable[str]) -> None:
    """Remember that the routes have them."""
    for chunk in _chunks(sorted(ids)):
        connection.execute(update(events).where(events.c.id.in_(chunk)).values(untold_since=None))


def forget_events(connection: Connection, before: datetime, limit: int) -> int:
    """Delete at most `limit` events that happened before then and wait for nobody; how many went."""
    old = select(events.c.id).where(events.c.occurred_at < before, events.c.untold_since.is_(None)).limit(limit)
    ids = list(connection.scalars(old))
    for chunk in _chunks(ids):
        connection.execute(delete(events).where(events.c.id.in_(chunk)))
    return len(ids)


def _chunks(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))


# Every page asks this for the same, and putting it together takes longer than the database does.
@lru_cache(maxsize=64)
def _newest(chosen: EventFilter, limit: int) -> Select[Any]:
    return _filtered(chosen).order_by(events.c.occurred_at.desc(), events.c.id.desc()).limit(limit)


def _filtered(chosen: EventFilter) -> Select[Any]:
    found = select(events.c.id, events.c.occurred_at, events.c.received_at, events.c.body)
    lists: Mapping[Any, Sequence[str]] = {
        events.c.service: chosen.services,
        events.c.event_type: chosen.types,
        events.c.level: _LEVELS[_LEVELS.index(chosen.min_level) :] if chosen.min_level != _LEVELS[0] else (),
    }
    for column, names in lists.items():
        if names:
            found = found.where(column.in_(names))
    if chosen.since is not None:
        found = found.where(events.c.occurred_at >= chosen.since)
    return found if chosen.until is None else found.where(events.c.occurred_at < chosen.until)


def _stored(row: Row[Any]) -> StoredEvent:
    return StoredEvent(row.id, row.occurred_at, row.received_at, row.body)
