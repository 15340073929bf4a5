"""The items of a plan with the rows that would be written, as far as the provider was asked."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Row, Uuid, select, type_coerce

from compensation.answers import answer_of
from compensation.batches.claims import Item
from compensation.batches.writing import Delivery, Verdict, foresee
from compensation.fitting import Unfit
from compensation.provider import Output
from compensation.records import item_pages
from compensation.states import ItemState
from compensation.target import row_of
from consistency.database import database_now, transaction
from consistency.host import BoundRule
from consistency.ledger.repair_tables import repair_items
from consistency.resources import Resources
from consistency.task_rows import TaskRow

_DECISIONS = {
    ItemState.PENDING: "repair",
    ItemState.SKIPPED_PRESENT: "skip",
    ItemState.SKIPPED_PRECONDITION: "skip",
}
_LATER = ("$now", "$uuid")
_item = repair_items.c
# What is written in UTC is read as it is: for a hundred thousand moments, giving each its zone takes as long again.
_SHOWN = (
    _item.task_key,
    _item.provider_task_id,
    type_coerce(_item.done_at, DateTime()).label("done_at"),
    _item.state,
    _item.outcome_code,
    _item.outcome_detail,
    _item.fetched_at.is_not(None).label("was_fetched"),
)


def planned_pages(
    resources: Resources, rule: BoundRule, run_id: str, state: ItemState | None = None
) -> Iterator[list[dict[str, Any]]]:
    """Each item with its decision (`repair`, `skip` or `cannot`), and `rows` by column, None where nobody asked yet.

    Values that are made when a row is written stand as `$now` and `$uuid`. A page of items is in memory at one time.
    """
    for page in item_pages(resources, run_id, _SHOWN, state):
        rows = [tuple(row) for row in page]
        found = _found(resources, rule, [number for number, *_, was_fetched in rows if was_fetched])
        yield [_line(row, found) for row in rows]


def _found(resources: Resources, rule: BoundRule, numbers: list[int]) -> dict[int, dict[str, Any]]:
    """What would be written for those of these items for which the provider had an output."""
    if not numbers:
        return {}
    answered = select(repair_items).where(repair_items.c.id.in_(numbers), repair_items.c.outputs.is_not(None))
    with transaction(resources.reader) as connection:
        deliveries = [_delivery(row) for row in connection.execute(answered)]
        now, seen = database_now(connection), foresee(connection, rule, deliveries) if deliveries else []
    return {
        each.item.id: _rows(rule, verdict, task, now) for each, (verdict, task) in zip(deliveries, seen, strict=True)
    }


def _line(row: tuple[Any, ...], found: dict[int, dict[str, Any]]) -> dict[str, Any]:
    # Taken apart in the order of _SHOWN: for a hundred thousand rows, asking for each by its name takes as long again.
    number, task_key, provider_task_id, done_at, state, code, detail, _ = row
    line = {
        "task_id": task_key,
        "provider_task_id": provider_task_id,
        "task_finished_at": f"{done_at.isoformat()}Z" if done_at else None,
        "decision": _DECISIONS.get(state, "cannot"),
        "state": state,
        "code": code,
        "detail": detail,
        "rows": None,
    }
    return line | found[number] if number in found else line


def _delivery(row: Row[Any]) -> Delivery:
    item = Item(
        id=row.id,
        run_id=row.run_id,
        task_key=row.task_key,
        provider_task_id=row.provider_task_id,
        precondition=row.precondition,
        epoch=row.epoch,
        attempts=row.attempts,
        outputs=row.outputs,
        fetched_at=row.fetched_at,
    )
    return Delivery(item, answer_of(row.outputs).outputs)


def _rows(rule: BoundRule, verdict: Verdict, task: TaskRow | None, now: datetime) -> dict[str, Any]:
    if task is None or verdict.state is not ItemState.DONE:
        return {"rows": [], "code": verdict.code, "detail": verdict.detail}
    try:
        return {"rows": [_shown(rule, task, output, now) for output in verdict.missing]}
    except Unfit as error:
        return {"rows": [], "code": "unfit", "detail": str(error)}


def _shown(rule: BoundRule, task: TaskRow, output: Output, now: datetime) -> dict[str, Any]:
    mapping, table = rule.mapping.child, rule.child_table
    values = row_of(rule, task.values(rule), output, now)
    made = {column.name: "$uuid" for column in table.primary_key.columns if isinstance(column.type, Uuid)}
    if rule.created is not None:
        made[mapping.created_at] = "$now"
    made = {name: word for name, word in made.items() if name not in mapping.columns}
    made |= {name: source for name, source in mapping.columns.items() if source in _LATER}
    return {
        column.name: made.get(column.name, values[column.name]) for column in table.columns if column.name in values
    }
