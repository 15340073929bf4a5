"""Writes the outputs of one task and their journal in one transaction, behind the fence.

1. Hold the item: who has lost it writes nothing.
2. Lock the task's row, and see that it is as it was planned.
3. Read which outputs are there, in what the lock has made the present.
4. Insert what is missing, read every row back, and write it to the journal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Engine, Select, and_, bindparam, case, insert, select, update
from sqlalchemy.exc import IntegrityError

from compensation.claims import Item
from compensation.images import at_key, hash_of, image_of, primary_key_text
from compensation.provider import Output
from compensation.settling import correct, hold
from compensation.states import ItemState
from compensation.target import Unfit, copied_columns, precondition_of, row_of
from consistency import gaps
from consistency.database import database_now, transaction
from consistency.host import BoundRule
from consistency.ledger.repair_tables import repair_journal
from consistency.task_rows import TaskRow, row_columns, row_fields

_LOCK_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done with a task as it is: the outputs to write, or why none is written."""

    missing: tuple[Output, ...] = ()
    state: ItemState = ItemState.DONE
    code: str = "written"
    detail: str = ""


def write_outputs(engine: Engine, rule: BoundRule, item: Item, outputs: Sequence[Output]) -> ItemState:
    """Write what the task lacks; the state that the item has then.

    ClaimLost when the item was taken away; IntegrityError and DatabaseError when the database refuses, Unfit when an
    output does not fit the table: then nothing was written.
    """
    try:
        return _write(engine, rule, item, outputs)
    except IntegrityError as error:
        if "reconcilery_repair_journal" not in str(error.orig):
            raise
    # A row that an earlier run wrote was deleted by somebody since: its entry still stands in the way.
    with transaction(engine) as connection:
        retire_lost_entries(connection, rule, item.task_key)
    return _write(engine, rule, item, outputs)


def _write(engine: Engine, rule: BoundRule, item: Item, outputs: Sequence[Output]) -> ItemState:
    with transaction(engine) as connection:
        _bound_waiting(connection)
        now = hold(connection, item)
        verdict, task = judge(connection, rule, item, outputs, lock=True)
        if verdict.state is not ItemState.DONE:
            correct(connection, item, verdict.state, verdict.code, verdict.detail)
        for output in verdict.missing:
            assert task is not None  # who lacks outputs is there
            _insert(connection, rule, item, task, output, now)
    return verdict.state


def _bound_waiting(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'")


def judge(
    connection: Connection, rule: BoundRule, item: Item, outputs: Sequence[Output], *, lock: bool
) -> tuple[Verdict, TaskRow | None]:
    """What is to be done with the task as it is now, and its row; with `lock` nobody can change it meanwhile."""
    key = rule.parse_key(item.task_key)
    row = connection.execute(_task_statement(rule, lock), {"key": key}).first()
    if row is None:
        return _skip("the task is not there any more"), None
    task = TaskRow(**row_fields(rule, copied_columns(rule), row))
    if not row.counts:
        return _skip("the task is not in a success state any more, or was deleted"), task
    if precondition_of(task) != item.precondition:
        return _skip("the task has changed since the plan"), task
    return _lacking(connection, rule, item, key, outputs), task


def _skip(detail: str) -> Verdict:
    return Verdict((), ItemState.SKIPPED_PRECONDITION, "precondition", detail)


@lru_cache(maxsize=64)
def _task_statement(rule: BoundRule, lock: bool) -> Select[Any]:  # noqa: FBT001 - it is half of the cache's key
    counts = case((and_(*gaps.successful(rule), gaps.alive(rule)), 1), else_=0).label("counts")
    chosen = select(*row_columns(rule, copied_columns(rule)), counts).where(
        rule.key == bindparam("key", type_=rule.key.type)
    )
    return chosen.with_for_update() if lock else chosen


@lru_cache(maxsize=64)
def _outputs_statement(rule: BoundRule) -> Select[Any]:
    key = rule.output_key if rule.output_key is not None else rule.fk
    theirs = rule.fk == bindparam("key", type_=rule.key.type)
    return select(key.label("key")).where(theirs, *gaps.live_outputs(rule))


def _lacking(connection: Connection, rule: BoundRule, item: Item, key: object, outputs: Sequence[Output]) -> Verdict:
    there = [str(each) for each in connection.scalars(_outputs_statement(rule), {"key": key})]
    if len(there) >= rule.mapping.child.min_rows:
        return Verdict((), ItemState.SKIPPED_PRESENT, "present", f"{len(there)} outputs are there")
    if there and rule.output_key is None:
        written = _written_keys(connection, rule, item.task_key)
        if len(there) > len(written):
            return _skip("some outputs are there, and without an output_key nothing tells which")
        there = written
    offered = {output.key for output in outputs}
    if there and not offered & set(there):
        return _skip("the outputs that are there have keys which the provider does not know")
    missing = tuple(output for output in outputs if output.key not in set(there))
    if not missing:
        return Verdict((), ItemState.SKIPPED_PRESENT, "present", "all that the provider has is there")
    return Verdict(missing)


def _written_keys(connection: Connection, rule: BoundRule, task_key: str) -> list[str]:
    ours = (repair_journal.c.rule_id == rule.id) & (repair_journal.c.task_key == task_key)
    return list(connection.scalars(select(repair_journal.c.output_key).where(ours, repair_journal.c.undone == 0)))


def _insert(connection: Connection, rule: BoundRule, item: Item, task: TaskRow, output: Output, now: datetime) -> None:
    table = rule.child_table
    key = connection.execute(insert(table).values(row_of(rule, task.values(rule), output, now))).inserted_primary_key
    if key is None or any(part is None for part in key):
        raise Unfit(f"{table.name}: the database does not say which primary key the new row has")
    text = primary_key_text(key)
    row = connection.execute(select(table).where(at_key(table, text))).mappings().one()
    image = image_of(dict(row))
    entry = {
        "run_id": item.run_id,
        "item_id": item.id,
        "rule_id": rule.id,
        "task_key": item.task_key,
        "output_key": output.key[:191],
        "target_table": rule.mapping.child.table,
        "target_pk": text,
        "row_image": image,
        "row_hash": hash_of(image),
        "undone": 0,
        "written_at": now,
    }
    connection.execute(insert(repair_journal), entry)


def retire_lost_entries(connection: Connection, rule: BoundRule, task_key: str) -> None:
    """Close the journal entries of a task whose rows are not there any more."""
    now = database_now(connection)
    standing = (repair_journal.c.rule_id == rule.id) & (repair_journal.c.task_key == task_key)
    entries = connection.execute(select(repair_journal).where(standing, repair_journal.c.undone == 0)).all()
    for entry in entries:
        found = select(rule.child_table.c[rule.mapping.child.fk]).where(at_key(rule.child_table, entry.target_pk))
        if connection.execute(found).first() is None:
            closing = update(repair_journal).where(repair_journal.c.id == entry.id, repair_journal.c.undone == 0)
            connection.execute(closing.values(undone=entry.id, undo_outcome="gone", undone_at=now))
