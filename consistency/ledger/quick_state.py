"""What a quick check remembers for the next one: the watermark, the settled slices, and the open set."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from consistency.ledger.tables import open_gaps, quick_cursors
from consistency.tally import Slots

LONGEST_KEY = 191
_BATCH = 1000


@dataclass(frozen=True)
class Cursor:
    """Slices hold settled tasks only; a task that still lacks its output stands in the open set instead."""

    watermark: datetime
    slices: Slots


@dataclass(frozen=True)
class OpenGap:
    """A task that lacked its output when it was last looked at."""

    key: str
    done_at: datetime


def load_cursor(connection: Connection, rule_id: str, rule_hash: str) -> Cursor | None:
    """The cursor of this very rule; a changed rule starts anew."""
    chosen = select(quick_cursors).where(quick_cursors.c.rule_id == rule_id, quick_cursors.c.rule_hash == rule_hash)
    row = connection.execute(chosen).first()
    return Cursor(row.watermark, Slots.from_dict(json.loads(row.slices))) if row else None


def has_cursor(connection: Connection, rule_id: str) -> bool:
    """Whether the cursor is still there."""
    chosen = select(quick_cursors.c.rule_id).where(quick_cursors.c.rule_id == rule_id)
    return connection.execute(chosen).first() is not None


def save_cursor(connection: Connection, rule_id: str, rule_hash: str, cursor: Cursor, now: datetime) -> None:
    values = {
        "rule_hash": rule_hash,
        "watermark": cursor.watermark,
        "slices": json.dumps(cursor.slices.as_dict()),
        "updated_at": now,
    }
    changed = connection.execute(update(quick_cursors).where(quick_cursors.c.rule_id == rule_id).values(values))
    if not changed.rowcount:
        connection.execute(insert(quick_cursors).values(rule_id=rule_id, **values))


def drop_cursor(connection: Connection, rule_id: str) -> None:
    """Make the next quick check look at its whole window again."""
    connection.execute(delete(quick_cursors).where(quick_cursors.c.rule_id == rule_id))


def open_set(connection: Connection, rule_id: str) -> list[OpenGap]:
    """The tasks that lacked their output when the last quick check looked."""
    chosen = select(open_gaps.c.task_key, open_gaps.c.done_at).where(open_gaps.c.rule_id == rule_id)
    return [OpenGap(key, done_at) for key, done_at in connection.execute(chosen)]


def replace_open_set(
    connection: Connection, rule_id: str, before: Iterable[OpenGap], after: dict[str, datetime], now: datetime
) -> None:
    """Write what is open now (key -> finish time); only what came and what went is touched."""
    known = {gap.key for gap in before}
    gone = sorted(known - after.keys())
    for start in range(0, len(gone), _BATCH):
        keys = open_gaps.c.task_key.in_(gone[start : start + _BATCH])
        connection.execute(delete(open_gaps).where(open_gaps.c.rule_id == rule_id, keys))
    seen = {"rule_id": rule_id, "first_seen_at": now}
    new = [{"task_key": key, "done_at": done, **seen} for key, done in after.items() if key not in known]
    for start in range(0, len(new), _BATCH):
        connection.execute(insert(open_gaps), new[start : start + _BATCH])
