"""Taking work away from whoever holds it: every item's epoch grows, and who comes with an older one may not write."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, select, true, update

from compensation.states import ItemState
from consistency.ledger.repair_tables import repair_batches, repair_items

WORKING, ENDED, LOST, STOPPED = "working", "ended", "lost", "stopped"

#: What an item is that nobody holds any more.
FREED = {"state": ItemState.PENDING, "epoch": repair_items.c.epoch + 1, "batch_id": None}
_TOGETHER = 1000


def take_everything_back(connection: Connection, run_id: str) -> None:
    """End all batches of a run; their open items wait again. A writer in the middle of one is waited for."""
    change_leased(connection, true(), run_id, FREED)
    working = (repair_batches.c.run_id == run_id) & (repair_batches.c.state == WORKING)
    ids = connection.scalars(select(repair_batches.c.id).where(working)).all()
    connection.execute(update(repair_batches).where(repair_batches.c.id.in_(ids)).values(state=STOPPED))


def change_leased(connection: Connection, which: ColumnElement[bool], run_id: str, values: Mapping[str, Any]) -> None:
    """Change those of a run's leased items that are still leased when their writers have ended."""
    leased = repair_items.c.state == ItemState.LEASED
    chosen = select(repair_items.c.id).where(repair_items.c.run_id == run_id, leased, which)
    ids = connection.scalars(chosen.order_by(repair_items.c.id)).all()
    # Found by their keys, as writers find them: by way of another index, MariaDB would lock them the other way round.
    for first in range(0, len(ids), _TOGETHER):
        some = ids[first : first + _TOGETHER]
        connection.execute(update(repair_items).where(repair_items.c.id.in_(some), leased, which).values(dict(values)))
