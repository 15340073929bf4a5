"""What is read from the ledger for the numbers: a few columns of the events of one kind, one row after the other."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, case, select

from consistency.errors import BadRequest
from consistency.ledger.event_tables import events
from consistency.model import utc_text
from monitoring.figures.metrics import CLEANUP, MIGRATION, SYNC, Kind, metrics_of, read_from
from monitoring.figures.operations import START, Sign

#: Of more events of one kind than these only the latest are read.
MOST_EVENTS = 200_000
_ROWS_AT_ONCE = 2_000
_LONGEST = timedelta(days=3660)


def sync_metrics(connection: Connection, hours: float, now: datetime) -> dict[str, Any]:
    """What became of synchronisations in the last hours; BadRequest if that is no length of time."""
    return _metrics(connection, SYNC, "hours", hours, now)


def cleanup_metrics(connection: Connection, days: float, now: datetime) -> dict[str, Any]:
    """What became of cleanups in the last days."""
    return _metrics(connection, CLEANUP, "days", days, now)


def migration_metrics(connection: Connection, days: float, now: datetime) -> dict[str, Any]:
    """What became of migrations in the last days."""
    return _metrics(connection, MIGRATION, "days", days, now)


def window_start(unit: str, length: float, now: datetime) -> datetime:
    """So many hours or days ago; BadRequest for what is no number, not positive, or more than ten years."""
    if isinstance(length, bool) or not isinstance(length, int | float) or not math.isfinite(length) or length <= 0:
        raise BadRequest(f"{unit}: {length!r} is no length of time; give a number above 0")
    if length > _LONGEST / timedelta(**{unit: 1}):
        raise BadRequest(f"{unit}: {length!r} is longer than ten years; give less")
    return now - timedelta(**{unit: length})


def _metrics(connection: Connection, kind: Kind, unit: str, length: float, now: datetime) -> dict[str, Any]:
    since = window_start(unit, length, now)
    signs = _Signs(connection, kind, read_from(since, now))
    found = metrics_of(kind, signs, since, now)
    times = {unit: length, "since": utc_text(since), "as_of": utc_text(now)}
    return {**times, "complete": signs.count < MOST_EVENTS, **found}


@dataclass
class _Signs:
    """Oldest first; of the events of one moment starts come before ends. `count` is how many were read."""

    connection: Connection
    kind: Kind
    since: datetime
    count: int = 0

    def __iter__(self) -> Iterator[Sign]:
        streamed = _ordered(self.kind, self.since).execution_options(yield_per=_ROWS_AT_ONCE)
        with self.connection.execute(streamed) as rows:
            for row in rows:
                self.count += 1
                yield Sign(*row)


def _ordered(kind: Kind, since: datetime) -> Select[Any]:
    columns = (events.c.event_type, events.c.service, events.c.occurred_at)
    numbers = (events.c.operation, events.c.seconds, events.c.records)
    mine = events.c.event_type.in_(kind.event_types) & (events.c.occurred_at >= since)
    latest = select(events.c.id, *columns, *numbers).where(mine).order_by(events.c.occurred_at.desc())
    cut = latest.limit(MOST_EVENTS).subquery()
    first = case((cut.c.event_type == f"{kind.name}_{START}", 0), else_=1)
    wanted = select(*(cut.c[column.name] for column in (*columns, *numbers)))
    return wanted.order_by(cut.c.occurred_at, first, cut.c.id)
