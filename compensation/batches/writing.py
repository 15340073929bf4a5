"""Writes the outputs of a few tasks and their journal in one transaction, behind the fence.

1. Hold the items: who has lost one writes nothing.
2. Lock the tasks' rows, and see that they are as they were planned.
3. Read which outputs are there, in what the locks have made the present.
4. Insert what is missing, read every row back, and write it to the journal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Engine, Select, and_, bindparam, case, insert, select

from compensation.batches.claims import Item
from compensation.batches.inserting import insert_rows
from compensation.batches.settling import correct, hold
from compensation.batches.standing import stands
from compensation.details import detail_text
from compensation.images import hash_of, image_of
from compensation.provider import Output
from compensation.states import ItemState
from compensation.target import copied_columns, precondition_of, row_of
from consistency import gaps
from consistency.database import transaction
from consistency.host import BoundRule
from consistency.ledger.repair_tables import repair_journal
from consistency.task_rows import TaskRow, row_columns, row_fields

_LOCK_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the provider has for one item."""

    item: Item
    outputs: Sequence[Output]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done with a task as it is: the outputs to write, or why none is written."""

    missing: tuple[Output, ...] = ()
    state: ItemState = ItemState.DONE
    code: str = "written"
    detail: str = ""


@dataclass(frozen=True, slots=True)
class _Present:
    """The tasks as they are while their rows are locked: row and whether it counts, output keys there, keys of ours."""

    tasks: Mapping[str, tuple[TaskRow, bool]]
    there: Mapping[str, list[str]]
    ours: Mapping[str, list[str]]


def write_outputs(engine: Engine, rule: BoundRule, deliveries: Sequence[Delivery]) -> None:
    """Write what the tasks lack, all or nothing.

    ClaimLost when an item was taken away; IntegrityError and DatabaseError when the database refuses, Unfit when an
    output does not fit the table: then nothing was written.
    """
    with transaction(engine) as connection:
        _bound_waiting(connection)
        now = hold(connection, [each.item for each in deliveries])
        present = _look(connection, rule, deliveries, lock=True)
        written = []
        for each in deliveries:
            verdict = _verdict(rule, each, present)
            if verdict.state is not ItemState.DONE:
                correct(connection, each.item, verdict.state, verdict.code, verdict.detail)
            written += [(each.item, output) for output in verdict.missing]
        _write(connection, rule, present, written, now)


def _bound_waiting(connection: Connection) -> None:
    """Wait for others for a bounded time, and let nobody wait for a process that was frozen in the middle."""
    dialect = connection.dialect
    if dialect.name == "postgresql":
        limits = ("lock_timeout", "idle_in_transaction_session_timeout")
        connection.exec_driver_sql("; ".join(f"SET LOCAL {limit} = '{_LOCK_SECONDS}s'" for limit in limits))
    elif getattr(dialect, "is_mariadb", False):
        connection.exec_driver_sql(f"SET SESSION idle_write_transaction_timeout = {_LOCK_SECONDS}")


def foresee(
    connection: Connection, rule: BoundRule, deliveries: Sequence[Delivery]
) -> list[tuple[Verdict, TaskRow | None]]:
    """What `write_outputs` would do now with each, and the task's row if it is there; nothing is locked."""
    present = _look(connection, rule, deliveries, lock=False)
    tasks = (present.tasks.get(each.item.task_key) for each in deliveries)
    return [(_verdict(rule, each, present), task and task[0]) for each, task in zip(deliveries, tasks, strict=True)]


def _look(connection: Connection, rule: BoundRule, deliveries: Sequence[Delivery], *, lock: bool) -> _Present:
    keys = {"keys": [rule.parse_key(each.item.task_key) for each in deliveries]}
    tasks = {}
    for row in connection.execute((_locking_statement if lock else _tasks_statement)(rule), keys):
        task = TaskRow(**row_fields(rule, copied_columns(rule), row))
        tasks[str(task.key)] = (task, bool(row.counts))
    there: dict[str, list[str]] = {}
    for row in connection.execute(_outputs_statement(rule), keys):
        there.setdefault(str(row.task), []).append(str(row.key))
    ours = _written_keys(connection, rule, list(there)) if there and rule.output_key is None else {}
    return _Present(tasks, there, ours)


@lru_cache(maxsize=64)
def _tasks_statement(rule: BoundRule) -> Select[Any]:
    counts = case((and_(*gaps.successful(rule), gaps.alive(rule)), 1), else_=0).label("counts")
    chosen = select(*row_columns(rule, copied_columns(rule)), counts)
    chosen = chosen.where(rule.key.in_(bindparam("keys", expanding=True, type_=rule.key.type)))
    # Always in one order, so that two repairs wait for each other instead of holding each other up.
    return chosen.order_by(rule.key)


@lru_cache(maxsize=64)
def _locking_statement(rule: BoundRule) -> Select[Any]:
    return _tasks_statement(rule).with_for_update()


@lru_cache(maxsize=64)
def _outputs_statement(rule: BoundRule) -> Select[Any]:
    key = rule.output_key if rule.output_key is not None else rule.fk
    theirs = rule.fk.in_(bindparam("keys", expanding=True, type_=rule.key.type))
    return select(rule.fk.label("task"), key.label("key")).where(theirs, *gaps.live_outputs(rule))


def _written_keys(connection: Connection, rule: BoundRule, task_keys: Sequence[str]) -> dict[str, list[str]]:
    ours = (repair_journal.c.rule_id == rule.id) & repair_journal.c.task_key.in_(task_keys)
    chosen = select(repair_journal).where(ours, repair_journal.c.undone == 0)
    written: dict[str, list[str]] = {}
    for entry in connection.execute(chosen).all():
        if stands(connection, rule, entry):
            written.setdefault(entry.task_key, []).append(entry.output_key)
    return written


def _verdict(rule: BoundRule, delivery: Delivery, present: _Present) -> Verdict:
    item = delivery.item
    if item.task_key not in present.tasks:
        return _skip("gone")
    task, counts = present.tasks[item.task_key]
    if not counts:
        return _skip("no_success")
    if precondition_of(task) != item.precondition:
        return _skip("changed")
    return _lacking(rule, delivery, present)


def _skip(why: str) -> Verdict:
    return Verdict((), ItemState.SKIPPED_PRECONDITION, "precondition", detail_text(why))


def _lacking(rule: BoundRule, delivery: Delivery, present: _Present) -> Verdict:
    there = present.there.get(delivery.item.task_key, [])
    if len(there) >= rule.mapping.child.min_rows:
        return Verdict((), ItemState.SKIPPED_PRESENT, "present", detail_text("outputs_there", count=len(there)))
    if there and rule.output_key is None:
        written = present.ours.get(delivery.item.task_key, [])
        if len(there) > len(written):
            return _skip("no_output_key")
        there = written
    if there and not {output.key for output in delivery.outputs} & set(there):
        return _skip("other_keys")
    missing = tuple(output for output in delivery.outputs if output.key not in set(there))
    if not missing:
        return Verdict((), ItemState.SKIPPED_PRESENT, "present", detail_text("all_there"))
    return Verdict(missing)


def _write(
    connection: Connection,
    rule: BoundRule,
    present: _Present,
    written: Sequence[tuple[Item, Output]],
    now: datetime,
) -> None:
    if not written:
        return
    rows = [row_of(rule, present.tasks[item.task_key][0].values(rule), output, now) for item, output in written]
    entries = []
    for (item, output), (key, row) in zip(written, insert_rows(connection, rule.child_table, rows), strict=True):
        image = image_of(row)
        entry = {"run_id": item.run_id, "item_id": item.id, "rule_id": rule.id, "task_key": item.task_key}
        entry |= {"output_key": output.key[:191], "target_table": rule.mapping.child.table, "target_pk": key}
        entries.append({**entry, "row_image": image, "row_hash": hash_of(image), "undone": 0, "written_at": now})
    connection.execute(insert(repair_journal), entries)
