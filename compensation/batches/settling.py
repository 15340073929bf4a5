"""What becomes of an item that somebody holds: every change asks first whether it is still held."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, and_, tuple_, update

from compensation.batches.claims import Item
from compensation.states import ItemState
from consistency.database import database_now, transaction
from consistency.errors import ClaimLost
from consistency.ledger.repair_tables import repair_items
from consistency.patience import patient


def hold(connection: Connection, items: Sequence[Item]) -> datetime:
    """Mark items as done, before the transaction that does them reads anything; ClaimLost if one was taken away.

    The lock comes first, so that nothing that is read can be older than the claim. Returns the database's time.
    """
    now = database_now(connection)
    held = and_(
        tuple_(repair_items.c.id, repair_items.c.epoch).in_([(item.id, item.epoch) for item in items]),
        repair_items.c.state == ItemState.LEASED,
    )
    values = {"state": ItemState.DONE, "outcome_code": "written", "outcome_detail": None, "finished_at": now}
    holding = update(repair_items).where(held).values(**values, outputs=None)
    if connection.execute(holding).rowcount != len(items):
        raise ClaimLost(f"a task of run {items[0].run_id} is somebody else's now")
    return now


@patient
def settle(engine: Engine, item: Item, state: ItemState, code: str, detail: str) -> None:
    """End an item without writing anything."""
    with transaction(engine) as connection:
        now = database_now(connection)
        _change(
            connection,
            item,
            state=state,
            outcome_code=code[:64],
            outcome_detail=detail[:500] or None,
            finished_at=now,
            attempts=item.attempts + 1,
        )


@patient
def defer(
    engine: Engine, item: Item, wait: timedelta, code: str, detail: str, *, attempt: bool, outputs: str | None = None
) -> None:
    """Let somebody try the item again after a while; `attempt` says whether this counts as a try."""
    with transaction(engine) as connection:
        now = database_now(connection)
        kept = {"outputs": outputs, "fetched_at": now} if outputs is not None else {}
        _change(
            connection,
            item,
            state=ItemState.DEFERRED,
            epoch=item.epoch + 1,
            batch_id=None,
            next_try_at=now + wait,
            outcome_code=code[:64],
            outcome_detail=detail[:500] or None,
            attempts=item.attempts + int(attempt),
            **kept,
        )


def correct(connection: Connection, item: Item, state: ItemState, code: str, detail: str) -> None:
    """Change what `hold` has written, within its transaction."""
    values = {"state": state, "outcome_code": code, "outcome_detail": detail[:500] or None}
    connection.execute(update(repair_items).where(repair_items.c.id == item.id).values(values))


def _change(connection: Connection, item: Item, **values: object) -> None:
    mine = and_(
        repair_items.c.id == item.id, repair_items.c.epoch == item.epoch, repair_items.c.state == ItemState.LEASED
    )
    if connection.execute(update(repair_items).where(mine).values(values)).rowcount != 1:
        raise ClaimLost(f"task {item.task_key} of run {item.run_id} is somebody else's now")
