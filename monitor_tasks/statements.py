"""The statements of a scan: bounded, grouped by the database, built from the one definition of a gap.

The scan groups tasks by slot, kind, delay bucket and, for a missing task only, its key. So the answer holds a few
thousand rows of sums and one row a missing task, however many tasks the window has.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Dialect,
    Double,
    Float,
    Integer,
    Row,
    Select,
    Subquery,
    and_,
    any_,
    bindparam,
    case,
    cast,
    distinct,
    func,
    literal,
    null,
    or_,
    select,
    true,
)

from consistency import gaps
from consistency.histogram import TIERS, bounds_of
from consistency.host import BoundRule
from consistency.model import Window
from consistency.moments import whole

BUCKET_BOUNDS = [bounds_of(bucket)[0] for bucket in range(TIERS[-1].first + 1)]


class Kind(IntEnum):
    """What a successful task is, as of the check."""

    DELETED = 0
    YOUNG = 1  # within its grace period, and its output is already there
    PENDING = 2  # within its grace period, without output
    WITH_OUTPUT = 3
    MISSING = 4


@dataclass(frozen=True, slots=True)
class Scope:
    """What a scan looks at: tasks that finished in `window`, judged as of `as_of`, in slots of so many seconds."""

    window: Window
    as_of: datetime
    slot_seconds: int = 3600


def scan_statement(
    rule: BoundRule, place: int, scope: Scope, dialect: Dialect, keys: Sequence[object] | None = None
) -> Select[Any]:
    """Sums over the tasks placed at column `place`, or over those of them whose key is in `keys`."""
    tasks = _fenced(_judged_tasks(rule, place, scope, dialect, keys), dialect).subquery("judged")
    missing_key = case((tasks.c.kind == literal(int(Kind.MISSING), Integer), tasks.c.key), else_=null())
    late = case((tasks.c.delay > rule.mapping.late_after.total_seconds(), 1), else_=0)
    groups = [
        whole(tasks.c.done / literal(float(scope.slot_seconds), Float)).label("slot"),
        tasks.c.kind.label("kind"),
        _bucket(tasks.c.delay, dialect).label("bucket"),
        missing_key.label("key"),
    ]
    sums = [
        func.max(tasks.c.done).label("done"),
        func.count().label("tasks"),
        func.sum(tasks.c.outputs).label("outputs"),
        func.sum(tasks.c.duplicates).label("duplicates"),
        func.sum(late).label("late"),
        func.min(tasks.c.delay).label("least_delay"),
        func.max(tasks.c.delay).label("greatest_delay"),
    ]
    return select(*groups, *sums).group_by(*(group.element for group in groups))


def _judged_tasks(
    rule: BoundRule, place: int, scope: Scope, dialect: Dialect, keys: Sequence[object] | None
) -> Select[Any]:
    tasks = _tasks_with_outputs(rule, place, scope, dialect, keys)
    lacking = tasks.c.outputs < rule.mapping.child.min_rows
    young = tasks.c.young == 1
    kind = case(
        (tasks.c.deleted == 1, int(Kind.DELETED)),
        (young & lacking, int(Kind.PENDING)),
        (young, int(Kind.YOUNG)),
        (lacking, int(Kind.MISSING)),
        else_=int(Kind.WITH_OUTPUT),
    )
    # An application that saves the output before it closes the task is punctual, not early.
    waited = case((tasks.c.first_output < tasks.c.done, literal(0.0, Float)), else_=tasks.c.first_output - tasks.c.done)
    settled = (tasks.c.deleted == 0) & (tasks.c.young == 0) & ~lacking
    return select(
        tasks.c.key,
        tasks.c.done,
        tasks.c.outputs,
        tasks.c.duplicates,
        kind.label("kind"),
        case((settled, waited), else_=null()).label("delay"),
    )


def _tasks_with_outputs(
    rule: BoundRule, place: int, scope: Scope, dialect: Dialect, keys: Sequence[object] | None
) -> Subquery:
    columns = _task_columns(rule, place, scope)
    conditions = [*gaps.successful(rule), *gaps.placed(rule, place), *gaps.within(rule, place, scope.window)]
    if keys is not None:
        conditions.append(_is_one_of(rule, keys, dialect))
    if dialect.name == "postgresql":
        return _by_lateral(rule, scope, columns, conditions)
    return _by_join(rule, place, scope, columns, conditions)


def _task_columns(rule: BoundRule, place: int, scope: Scope) -> list[ColumnElement[Any]]:
    column = rule.done[place]
    done = column.epoch(column.bare, scope.window.start, scope.window.end)
    return [
        rule.key.label("key"),
        done.label("done"),
        case((gaps.alive(rule), 0), else_=1).label("deleted"),
        case((gaps.matured(rule, place, scope.as_of), 0), else_=1).label("young"),
    ]


def _by_lateral(
    rule: BoundRule, scope: Scope, columns: list[ColumnElement[Any]], conditions: list[ColumnElement[bool]]
) -> Subquery:
    """One index probe a task: on PostgreSQL a join would tempt the planner to read the whole table for each part."""
    counted = select(func.count().label("outputs"), _first_output(rule, scope).label("first_output"))
    outputs = counted.select_from(rule.child).where(*gaps.outputs_of_task(rule)).lateral("outputs")
    duplicates: ColumnElement[int] = literal(0, Integer)
    if _counts_duplicates(rule):
        repeated = select(_surplus(rule)).select_from(rule.child).where(*gaps.outputs_of_task(rule))
        duplicates = case((outputs.c.outputs > 1, repeated.correlate(rule.parent).scalar_subquery()), else_=0)
    chosen = select(*columns, outputs.c.outputs, outputs.c.first_output, duplicates.label("duplicates"))
    return chosen.select_from(rule.parent.join(outputs, true())).where(*conditions).offset(0).subquery("tasks")


def _by_join(
    rule: BoundRule,
    place: int,
    scope: Scope,
    columns: list[ColumnElement[Any]],
    conditions: list[ColumnElement[bool]],
) -> Subquery:
    """MariaDB has no lateral subqueries; a grouped join follows the index of the outputs there and on SQLite."""
    matching = rule.parent.outerjoin(rule.child, and_(*gaps.outputs_of_task(rule)))
    duplicates = _surplus(rule) if _counts_duplicates(rule) else literal(0, Integer)
    chosen = select(
        *columns,
        func.count(rule.fk).label("outputs"),
        _first_output(rule, scope).label("first_output"),
        duplicates.label("duplicates"),
    )
    identity = [*rule.identity, rule.done[place].column]
    return chosen.select_from(matching).where(*conditions).group_by(*identity).subquery("tasks")


def _first_output(rule: BoundRule, scope: Scope) -> ColumnElement[float]:
    if rule.created is None:
        return case((literal(1, Integer) == 0, literal(0.0, Float)), else_=null())
    return rule.created.epoch(func.min(rule.created.bare), scope.window.start, scope.as_of)


def _counts_duplicates(rule: BoundRule) -> bool:
    return rule.output_key is not None and rule.duplicates_possible


def _surplus(rule: BoundRule) -> ColumnElement[int]:
    assert rule.output_key is not None  # duplicates are counted only where outputs have a key
    return func.count(rule.output_key) - func.count(distinct(rule.output_key))


def _is_one_of(rule: BoundRule, keys: Sequence[object], dialect: Dialect) -> ColumnElement[bool]:
    if dialect.name == "postgresql":
        return rule.key == any_(bindparam(None, list(keys), type_=ARRAY(rule.key.type)))
    return rule.key.in_(keys)


def _fenced(inner: Select[Any], dialect: Dialect) -> Select[Any]:
    # PostgreSQL would inline the delay into each of its uses and compute it a dozen times for every task.
    return inner.offset(0) if dialect.name == "postgresql" else inner


def _bucket(delay: ColumnElement[float], dialect: Dialect) -> ColumnElement[int | None]:
    if dialect.name == "postgresql":
        return func.width_bucket(delay, cast(BUCKET_BOUNDS, ARRAY(Double)))
    numbers = [
        literal(tier.first, Integer) + whole((delay - literal(float(tier.lower), Float)) / literal(tier.width, Float))
        for tier in TIERS
    ]
    bounds = zip(TIERS[:-1], numbers[:-1], strict=True)
    whens = [(delay < literal(float(tier.upper), Float), number) for tier, number in bounds]
    return case((delay.is_(None), null()), *whens, else_=numbers[-1])


def orphan_statement(rule: BoundRule, scope: Scope) -> Select[int, int]:
    """Outputs created in the window whose task does not exist, by slot."""
    return _outputs_by_slot(rule, scope).where(*gaps.orphan(rule))


def null_fk_statement(rule: BoundRule, scope: Scope) -> Select[int, int]:
    """Outputs created in the window that refer to no task at all, by slot."""
    return _outputs_by_slot(rule, scope).where(rule.fk.is_(None), *gaps.live_outputs(rule))


def _outputs_by_slot(rule: BoundRule, scope: Scope) -> Select[int, int]:
    assert rule.created is not None  # without a creation time an output belongs to no window
    created = rule.created
    slot = whole(
        created.epoch(created.bare, scope.window.start, scope.window.end) / literal(float(scope.slot_seconds), Float)
    )
    within = [created.bare >= created.bound(scope.window.start), created.bare < created.bound(scope.window.end)]
    return select(slot.label("slot"), func.count().label("outputs")).where(*within).group_by(slot)


def future_statement(rule: BoundRule, as_of: datetime, tolerance: timedelta) -> Select[int]:
    """Successful tasks whose finish time lies further in the future than clocks may differ."""
    places = [
        and_(*gaps.placed(rule, place), column.bare > column.bound(as_of + tolerance))
        for place, column in enumerate(rule.done)
    ]
    return select(func.count()).select_from(rule.parent).where(*gaps.successful(rule), gaps.alive(rule), or_(*places))


def unplaced_statement(rule: BoundRule) -> Select[int]:
    """Successful tasks with no finish time in any of the mapped columns: no window can hold them."""
    nowhere = [column.column.is_(None) for column in rule.done]
    return select(func.count()).select_from(rule.parent).where(*gaps.successful(rule), gaps.alive(rule), *nowhere)


ScanRow = Row[Any]
