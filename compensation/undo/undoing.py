"""Takes one written row back: it is deleted only while it is just as it was written."""

from typing import Any

from sqlalchemy import Connection, delete, select, update

from compensation.images import at_key, hash_of, image_of
from compensation.states import Undo
from consistency.database import database_now
from consistency.host import BoundRule
from consistency.ledger.repair_tables import repair_journal


def undo_entry(connection: Connection, rule: BoundRule, entry_id: int, word: str | None = None) -> Undo:
    """Close a journal entry and delete its row if nobody has changed it; `word` is noted in place of `deleted`.

    An IntegrityError says that other rows refer to it; the caller's transaction is to be rolled back then.
    """
    closing = update(repair_journal).where(repair_journal.c.id == entry_id, repair_journal.c.undone == 0)
    if connection.execute(closing.values(undone=entry_id, undone_at=database_now(connection))).rowcount != 1:
        return Undo.UNDONE_BEFORE
    entry = connection.execute(select(repair_journal).where(repair_journal.c.id == entry_id)).one()
    outcome, found = fate_of(connection, rule, entry, lock=True)
    if outcome is Undo.DELETED:
        connection.execute(delete(rule.child_table).where(at_key(rule.child_table, entry.target_pk)))
    noted = word if word and outcome is Undo.DELETED else str(outcome)
    values: dict[str, Any] = {"undo_outcome": noted, "undo_detail": found if outcome is Undo.KEPT_CHANGED else None}
    if outcome is Undo.KEPT_CHANGED:
        # The row stands, so its entry does too: nothing may be written beside it.
        values |= {"undone": 0, "undone_at": None}
    connection.execute(update(repair_journal).where(repair_journal.c.id == entry_id).values(values))
    return outcome


def fate_of(connection: Connection, rule: BoundRule, entry: Any, *, lock: bool) -> tuple[Undo, str]:
    """What undoing the entry would come to now, and the row's image as it is."""
    chosen = select(rule.child_table).where(at_key(rule.child_table, entry.target_pk))
    row = connection.execute(chosen.with_for_update() if lock else chosen).mappings().first()
    # Another task's row has the number of ours when SQLite has given it once more.
    if row is None or str(row[rule.mapping.child.fk]) != entry.task_key:
        return Undo.GONE, ""
    image = image_of(dict(row))
    return (Undo.DELETED if hash_of(image) == entry.row_hash else Undo.KEPT_CHANGED), image
