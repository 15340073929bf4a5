"""Which journal entries still have their row: a row may be deleted by hand, and another may get its number."""

from typing import Any

from sqlalchemy import Connection, Engine, select, update

from compensation.images import at_key
from consistency import gaps
from consistency.database import database_now, transaction
from consistency.host import BoundRule
from consistency.ledger.repair_tables import repair_journal
from consistency.patience import patient


def stands(connection: Connection, rule: BoundRule, entry: Any) -> bool:
    """Whether the entry's row is there, counts as an output, and is the one that it tells of."""
    columns = [rule.fk] if rule.output_key is None else [rule.fk, rule.output_key]
    chosen = select(*columns).where(at_key(rule.child, entry.target_pk), *gaps.live_outputs(rule))
    row = connection.execute(chosen).first()
    if row is None or str(row[0]) != entry.task_key:
        return False
    return rule.output_key is None or str(row[1])[: len(entry.output_key)] == entry.output_key


@patient
def retire_lost_entries(engine: Engine, rule: BoundRule, task_key: str) -> None:
    """Close the entries of a task that have no row that counts any more, so that its outputs can be written again."""
    journal = repair_journal.c
    standing = (journal.rule_id == rule.id) & (journal.task_key == task_key) & (journal.undone == 0)
    with transaction(engine) as connection:
        now = database_now(connection)
        for entry in connection.execute(select(repair_journal).where(standing)).all():
            if not stands(connection, rule, entry):
                closing = update(repair_journal).where(journal.id == entry.id, journal.undone == 0)
                connection.execute(closing.values(undone=entry.id, undo_outcome="gone", undone_at=now))
