"""Each task of a stretch of time beside what it has in outputs: how many, since when, and how many repeat a key."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    distinct,
    func,
    literal,
    null,
    or_,
    select,
    true,
)

from consistency import gaps
from consistency.host import BoundRule, Offsets


def tasks_with_outputs(
    rule: BoundRule, place: int, numbers: Sequence[int], dialect: str, offsets: Offsets, *, keyed: bool
) -> Select[Any]:
    """The tasks placed at column `place` in these windows; `keyed` leaves only those with one of the `keys`."""
    rule, among = only_with_keys(rule, dialect) if keyed else (rule, [])
    conditions = [*gaps.successful(rule), *gaps.placed(rule, place), _finished_in(rule, place, numbers), *among]
    columns = _task_columns(rule, place, offsets)
    if dialect == "postgresql":
        return _by_lateral(rule, offsets, columns, conditions)
    return _by_join(rule, place, offsets, columns, conditions)


def only_with_keys(rule: BoundRule, dialect: str) -> tuple[BoundRule, list[ColumnElement[bool]]]:
    """The rule over the tasks with one of the bound `keys`, and the conditions that this takes besides."""
    if dialect == "postgresql":
        return gaps.among_keys(rule, "keys"), []
    return rule, [rule.key.in_(bindparam("keys", expanding=True))]


def _finished_in(rule: BoundRule, place: int, numbers: Sequence[int]) -> ColumnElement[bool]:
    column = rule.done[place]
    bounds = [(column.parameter(f"start_{place}_{each}"), column.parameter(f"end_{place}_{each}")) for each in numbers]
    return or_(*(and_(*gaps.finished_between(rule, place, start, end)) for start, end in bounds))


def _task_columns(rule: BoundRule, place: int, offsets: Offsets) -> list[ColumnElement[Any]]:
    column = rule.done[place]
    matured = column.bare < column.parameter(f"matured_{place}")
    return [
        rule.key.label("key"),
        column.epoch(column.bare, offsets[place]).label("done"),
        literal(int(place > 0), Integer).label("fallback"),
        case((gaps.alive(rule), 0), else_=1).label("deleted"),
        case((matured, 0), else_=1).label("young"),
    ]


def _by_lateral(
    rule: BoundRule, offsets: Offsets, columns: list[ColumnElement[Any]], conditions: list[ColumnElement[bool]]
) -> Select[Any]:
    """One index probe a task: on PostgreSQL a join would tempt the planner to read the whole table for each part."""
    counted = select(func.count().label("outputs"), _first_output(rule, offsets).label("first_output"))
    outputs = counted.select_from(rule.child).where(*gaps.outputs_of_task(rule)).lateral("outputs")
    duplicates: ColumnElement[int] = literal(0, Integer)
    if _counts_duplicates(rule):
        repeated = select(_surplus(rule)).select_from(rule.child).where(*gaps.outputs_of_task(rule))
        duplicates = case((outputs.c.outputs > 1, repeated.correlate(rule.parent).scalar_subquery()), else_=0)
    chosen = select(*columns, outputs.c.outputs, outputs.c.first_output, duplicates.label("duplicates"))
    return chosen.select_from(rule.parent.join(outputs, true())).where(*conditions)


def _by_join(
    rule: BoundRule,
    place: int,
    offsets: Offsets,
    columns: list[ColumnElement[Any]],
    conditions: list[ColumnElement[bool]],
) -> Select[Any]:
    """MariaDB has no lateral subqueries; a grouped join follows the index of the outputs there and on SQLite."""
    matching = rule.parent.outerjoin(rule.child, and_(*gaps.outputs_of_task(rule)))
    duplicates = _surplus(rule) if _counts_duplicates(rule) else literal(0, Integer)
    found = [func.count(rule.fk).label("outputs"), _first_output(rule, offsets).label("first_output")]
    chosen = select(*columns, *found, duplicates.label("duplicates")).select_from(matching).where(*conditions)
    return chosen.group_by(*rule.identity, rule.done[place].column)


def _first_output(rule: BoundRule, offsets: Offsets) -> ColumnElement[Any]:
    if rule.created is None:
        return case((literal(1, Integer) == 0, literal(0.0)), else_=null())
    return rule.created.epoch(func.min(rule.created.bare), offsets[-1])


def _counts_duplicates(rule: BoundRule) -> bool:
    return rule.output_key is not None and rule.duplicates_possible


def _surplus(rule: BoundRule) -> ColumnElement[int]:
    assert rule.output_key is not None  # duplicates are counted only where outputs have a key
    return func.count(rule.output_key) - func.count(distinct(rule.output_key))
