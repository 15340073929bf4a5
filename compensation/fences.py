"""Taking work away from whoever holds it: every item's epoch grows, and who comes with an older one may not write."""

from sqlalchemy import Connection, update

from compensation.states import ItemState
from consistency.ledger.repair_tables import repair_batches, repair_items

WORKING, ENDED, LOST, STOPPED = "working", "ended", "lost", "stopped"


def take_everything_back(connection: Connection, run_id: str) -> None:
    """End all batches of a run; their open items wait again. A writer in the middle of one is waited for."""
    leased = (repair_items.c.run_id == run_id) & (repair_items.c.state == ItemState.LEASED)
    freed = {"state": ItemState.PENDING, "epoch": repair_items.c.epoch + 1, "batch_id": None}
    connection.execute(update(repair_items).where(leased).values(freed))
    working = (repair_batches.c.run_id == run_id) & (repair_batches.c.state == WORKING)
    connection.execute(update(repair_batches).where(working).values(state=STOPPED))
