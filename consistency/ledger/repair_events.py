"""What happened to repair runs, in order: written with the change itself, told once, kept as the run's history."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from consistency.ledger.repair_tables import repair_events


@dataclass(frozen=True)
class RepairEvent:
    """One event; `payload` holds numbers and words that anybody may see."""

    id: int
    run_id: str
    seq: int
    type: str
    actor: str
    payload: dict[str, Any]
    created_at: datetime
    told_at: datetime | None


def write_event(
    connection: Connection, run_id: str, seq: int, kind: str, actor: str, payload: dict[str, Any], now: datetime
) -> None:
    """Add an event in the transaction of the change that it tells of."""
    values = {"run_id": run_id, "seq": seq, "type": kind, "actor": actor, "created_at": now}
    connection.execute(insert(repair_events).values(**values, payload=json.dumps(payload, ensure_ascii=False)))


def find_event(connection: Connection, event_id: int) -> RepairEvent | None:
    row = connection.execute(select(repair_events).where(repair_events.c.id == event_id)).first()
    return _event(row) if row else None


def events_of(connection: Connection, run_id: str) -> list[RepairEvent]:
    """The history of a run, oldest first."""
    rows = connection.execute(select(repair_events).where(repair_events.c.run_id == run_id).order_by("seq"))
    return [_event(row) for row in rows]


def untold_events(connection: Connection, run_id: str | None = None, limit: int = 200) -> list[RepairEvent]:
    """Events that nobody has been told of yet, oldest first."""
    chosen = select(repair_events).where(repair_events.c.told_at.is_(None))
    if run_id is not None:
        chosen = chosen.where(repair_events.c.run_id == run_id)
    return [_event(row) for row in connection.execute(chosen.order_by("id").limit(limit))]


def mark_told(connection: Connection, event_id: int, now: datetime) -> bool:
    """Remember that the event was told; False if it was told before."""
    marking = update(repair_events).where(repair_events.c.id == event_id, repair_events.c.told_at.is_(None))
    return connection.execute(marking.values(told_at=now)).rowcount == 1


def _event(row: Row[Any]) -> RepairEvent:
    return RepairEvent(
        id=row.id,
        run_id=row.run_id,
        seq=row.seq,
        type=row.type,
        actor=row.actor,
        payload=json.loads(row.payload),
        created_at=row.created_at,
        told_at=row.told_at,
    )
