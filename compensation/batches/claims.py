"""Batches of items, taken with a lease: whoever takes one is the only one to work on its items.

Claims of one run follow each other, because each begins by locking the run. Items whose batch was lost are taken
again in smaller and smaller company, until the one that kills its worker is alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, and_, case, func, insert, or_, select, update

from compensation.batches.pacing import Pace, next_size, size_after_losses
from compensation.details import detail_text
from compensation.fences import ENDED, FREED, LOST, WORKING, change_leased
from compensation.runs import Run, find_run
from compensation.states import ItemState, RunState
from consistency.database import database_now, transaction
from consistency.ledger.repair_tables import repair_batches, repair_items, repair_runs
from consistency.patience import patient

#: How often an item may be alone in a lost batch before it is given up.
MOST_LOSSES_ALONE = 3
_REMEMBERED = 8


@dataclass(frozen=True, slots=True)
class Item:
    """One task of a run, as whoever claimed it holds it."""

    id: int
    run_id: str
    task_key: str
    provider_task_id: str | None
    precondition: str
    epoch: int
    attempts: int
    outputs: str | None
    fetched_at: datetime | None


@dataclass(frozen=True)
class Batch:
    """Items in hand until the lease ends."""

    id: int
    run: Run
    items: tuple[Item, ...]
    lease: timedelta


@patient
def claim_batch(engine: Engine, run_id: str, worker: str, lease: timedelta) -> Batch | None:
    """Take the next batch of a running run; None if nothing is due or enough batches are being worked on."""
    with transaction(engine) as connection:
        connection.execute(select(repair_runs.c.id).where(repair_runs.c.id == run_id).with_for_update())
        run, now = find_run(connection, run_id), database_now(connection)
        if run is None or run.state is not RunState.RUNNING:
            return None
        free_lost_batches(connection, run, now)
        size = _room(connection, run, lease)
        rows = _due(connection, run_id, now, size) if size else []
        return _take(connection, run, rows, worker, now, lease) if rows else None


def free_lost_batches(connection: Connection, run: Run, now: datetime) -> None:
    """End the batches whose lease has run out; what was open in them waits again, with one loss more."""
    lost = and_(
        repair_batches.c.run_id == run.id, repair_batches.c.state == WORKING, repair_batches.c.lease_until < now
    )
    ids = connection.scalars(select(repair_batches.c.id).where(lost)).all()
    if not ids:
        return
    connection.execute(update(repair_batches).where(repair_batches.c.id.in_(ids)).values(state=LOST, finished_at=now))
    for batch_id in ids:
        _free(connection, run, batch_id, now)


def _free(connection: Connection, run: Run, batch_id: int, now: datetime) -> None:
    size = connection.scalar(select(repair_batches.c.size).where(repair_batches.c.id == batch_id)) or 1
    values: dict[str, Any] = {**FREED, "losses": repair_items.c.losses + 1}
    if size == 1:
        halvings = run.parameters.batch_size.bit_length() - 1
        alone = repair_items.c.losses + 1 >= halvings + MOST_LOSSES_ALONE
        poison = {"outcome_code": "worker_lost", "outcome_detail": detail_text("workers_died")}
        values["state"] = case((alone, str(ItemState.QUARANTINED)), else_=str(ItemState.PENDING))
        values |= {name: case((alone, text), else_=repair_items.c[name]) for name, text in poison.items()}
        values["finished_at"] = case((alone, now), else_=repair_items.c.finished_at)
    change_leased(connection, repair_items.c.batch_id == batch_id, run.id, values)


def _room(connection: Connection, run: Run, lease: timedelta) -> int:
    """How many items the next batch may have; 0 when nobody else may work on the run now."""
    mine = repair_batches.c.run_id == run.id
    working = connection.scalar(
        select(func.count()).select_from(repair_batches).where(mine, repair_batches.c.state == WORKING)
    )
    ended = connection.execute(
        select(repair_batches)
        .where(mine, repair_batches.c.state == ENDED)
        .order_by(repair_batches.c.id.desc())
        .limit(_REMEMBERED)
    ).all()
    finished = sum(row.finished_items for row in ended)
    if finished < run.parameters.canary and len(ended) < _REMEMBERED:
        # The first few go alone: a wrong key or site shows in them.
        return 0 if working else min(run.parameters.batch_size, run.parameters.canary)
    if (working or 0) >= run.parameters.workers:
        return 0
    past = [Pace(row.finished_items, row.work_ms / 1000, row.size) for row in reversed(ended)]
    return next_size(past, run.parameters.batch_size, lease)


def due_items(run_id: str, now: datetime) -> Any:
    """The condition of an item that somebody should be working on."""
    deferred = and_(repair_items.c.state == ItemState.DEFERRED, repair_items.c.next_try_at <= now)
    return and_(repair_items.c.run_id == run_id, or_(repair_items.c.state == ItemState.PENDING, deferred))


def _due(connection: Connection, run_id: str, now: datetime, size: int) -> Sequence[Any]:
    due = due_items(run_id, now)
    healthy = select(repair_items).where(due, repair_items.c.losses == 0).order_by("id").limit(size)
    if rows := connection.execute(healthy).all():
        return rows
    suspects = select(repair_items).where(due).order_by(repair_items.c.losses, repair_items.c.id).limit(size)
    rows = connection.execute(suspects).all()
    if not rows:
        return []
    together = size_after_losses(size, rows[0].losses)
    return [row for row in rows if row.losses == rows[0].losses][:together]


def _take(connection: Connection, run: Run, rows: Sequence[Any], worker: str, now: datetime, lease: timedelta) -> Batch:
    values = {
        "run_id": run.id,
        "size": len(rows),
        "worker": worker[:200],
        "state": WORKING,
        "lease_until": now + lease,
        "started_at": now,
        "provider_calls": 0,
        "work_ms": 0,
        "finished_items": 0,
    }
    inserted = connection.execute(insert(repair_batches).values(values)).inserted_primary_key
    assert inserted is not None  # a single row was inserted
    batch_id = inserted[0]
    ids = [row.id for row in rows]
    taken = {"state": ItemState.LEASED, "epoch": repair_items.c.epoch + 1, "batch_id": batch_id}
    connection.execute(update(repair_items).where(repair_items.c.id.in_(ids)).values(taken))
    beating = {"heartbeat_at": now, "throttle": None}
    connection.execute(update(repair_runs).where(repair_runs.c.id == run.id).values(beating))
    return Batch(batch_id, run, tuple(map(_item, rows)), lease)


def _item(row: Any) -> Item:
    return Item(
        id=row.id,
        run_id=row.run_id,
        task_key=row.task_key,
        provider_task_id=row.provider_task_id,
        precondition=row.precondition,
        epoch=row.epoch + 1,
        attempts=row.attempts,
        outputs=row.outputs,
        fetched_at=row.fetched_at,
    )


@patient
def renew(engine: Engine, batch: Batch) -> bool:
    """Push the end of the batch's lease out; False if the batch was taken away."""
    with transaction(engine) as connection:
        until = database_now(connection) + batch.lease
        mine = and_(repair_batches.c.id == batch.id, repair_batches.c.state == WORKING)
        return connection.execute(update(repair_batches).where(mine).values(lease_until=until)).rowcount == 1


@patient
def end_batch(engine: Engine, batch: Batch, finished: int, calls: int, seconds: float, error: str = "") -> None:
    """Write down what a batch achieved, and let go of what it still holds."""
    with transaction(engine) as connection:
        mine = and_(repair_batches.c.id == batch.id, repair_batches.c.state == WORKING)
        values = {
            "state": ENDED,
            "finished_at": database_now(connection),
            "finished_items": finished,
            "provider_calls": calls,
            "work_ms": int(seconds * 1000),
            "error": error[:500] or None,
        }
        if connection.execute(update(repair_batches).where(mine).values(values)).rowcount != 1:
            return
        change_leased(connection, repair_items.c.batch_id == batch.id, batch.run.id, FREED)
