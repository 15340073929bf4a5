"""Our rows give way to originals: when the application has written late what a repair wrote first, ours is deleted.

Ours goes only if it is still just as it was written; the original is never touched.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, exists, func, select, update

from compensation.details import detail_text
from compensation.states import ItemState, Undo
from compensation.undo.undoing import undo_entry
from consistency import gaps
from consistency.database import database_now, transaction
from consistency.host import BoundRule
from consistency.ledger.repair_tables import repair_items, repair_journal
from consistency.patience import patient

PAGE_ROWS = 500
YIELD_DAYS = timedelta(days=14)


def yield_to_originals(engine: Engine, rule: BoundRule, run_id: str | None = None) -> int:
    """Look at what a run wrote, or at all that was written in the last 14 days; returns how many rows gave way."""
    yielded, last = 0, 0
    while True:
        with transaction(engine.execution_options(readonly=True)) as connection:
            page = _standing(connection, rule, run_id, last)
            doubled = _doubled(connection, rule, page)
        for entry in doubled:
            yielded += _give_way(engine, rule, entry)
        if len(page) < PAGE_ROWS:
            return yielded
        last = page[-1].id


def _standing(connection: Connection, rule: BoundRule, run_id: str | None, last: int) -> list[Any]:
    journal = repair_journal.c
    chosen = select(repair_journal).where(journal.rule_id == rule.id, journal.undone == 0, journal.id > last)
    if run_id is not None:
        chosen = chosen.where(journal.run_id == run_id)
    else:
        chosen = chosen.where(journal.written_at > database_now(connection) - YIELD_DAYS)
    return list(connection.execute(chosen.order_by(journal.id).limit(PAGE_ROWS)))


def _doubled(connection: Connection, rule: BoundRule, entries: Sequence[Any]) -> list[Any]:
    """The entries whose task has the same output twice, or, without an output_key, enough rows without ours."""
    if not entries:
        return []
    task_keys = list({entry.task_key for entry in entries})
    same = [rule.fk] if rule.output_key is None else [rule.fk, rule.output_key]
    theirs = rule.fk.in_([rule.parse_key(text) for text in task_keys])
    counted = select(*same, func.count()).where(theirs, *gaps.live_outputs(rule)).group_by(*same)
    rows = {tuple(map(str, row[:-1])): row[-1] for row in connection.execute(counted)}
    if rule.output_key is not None:
        return [entry for entry in entries if rows.get((entry.task_key, entry.output_key), 0) > 1]
    ours, enough = _standing_by_task(connection, rule, task_keys), rule.mapping.child.min_rows
    return [entry for entry in entries if rows.get((entry.task_key,), 0) >= ours.get(entry.task_key, 0) + enough]


def _standing_by_task(connection: Connection, rule: BoundRule, task_keys: Sequence[str]) -> dict[str, int]:
    journal = repair_journal.c
    ours = (journal.rule_id == rule.id) & journal.task_key.in_(task_keys) & (journal.undone == 0)
    counted = select(journal.task_key, func.count()).where(ours).group_by(journal.task_key)
    return {row[0]: row[1] for row in connection.execute(counted)}


@patient
def _give_way(engine: Engine, rule: BoundRule, entry: Any) -> int:
    with transaction(engine) as connection:
        key = rule.parse_key(entry.task_key)
        connection.execute(select(rule.key).where(rule.key == key).with_for_update()).first()
        if not _doubled(connection, rule, [entry]):
            return 0
        if undo_entry(connection, rule, entry.id, "yielded") is not Undo.DELETED:
            return 0
        _mark_item(connection, entry.item_id)
        return 1


def _mark_item(connection: Connection, item_id: int) -> None:
    standing: ColumnElement[bool] = exists().where(repair_journal.c.item_id == item_id, repair_journal.c.undone == 0)
    values = {"state": ItemState.YIELDED, "outcome_code": "yielded", "outcome_detail": detail_text("wrote_late")}
    done = (repair_items.c.id == item_id) & (repair_items.c.state == ItemState.DONE)
    connection.execute(update(repair_items).where(done, ~standing).values(values))
