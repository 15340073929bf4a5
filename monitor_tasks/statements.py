"""The statements of a scan: bounded, grouped by the database, built from the one definition of a gap.

The scan groups tasks by slot, kind, delay bucket and, for a missing task only, its key. So the answer holds a few
thousand rows of sums and one row a missing task, however many tasks the window has.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Dialect,
    Executable,
    Float,
    Integer,
    Select,
    and_,
    case,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from consistency import gaps
from consistency.host import BoundRule, Offsets
from consistency.model import Window
from consistency.moments import whole
from monitor_tasks.buckets import delay_bucket
from monitor_tasks.outputs import tasks_with_outputs

#: Moments in microseconds are exact, but their difference as floating seconds can be off by a quarter of one.
_HALF_A_TICK = 5e-7


class Kind(IntEnum):
    """What a successful task is, as of the check."""

    DELETED = 0
    YOUNG = 1  # within its grace period, and its output is already there
    PENDING = 2  # within its grace period, without output
    WITH_OUTPUT = 3
    MISSING = 4


@dataclass(frozen=True, slots=True)
class Scope:
    """What a scan looks at: tasks that finished in the windows, judged as of `as_of`, in slots of so many seconds."""

    windows: tuple[Window, ...]
    as_of: datetime
    slot_seconds: int = 3600


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement that was built once, and the values of its parameters for this time."""

    statement: Executable
    parameters: dict[str, Any]


def scan_statement(
    rule: BoundRule, scope: Scope, dialect: Dialect, keys: Sequence[object] | None = None, *, listed: bool = True
) -> Prepared:
    """Sums over the successful tasks of the scope, or over those of them whose key is in `keys`.

    A missing task is a row of its own, with its key, unless it need not be `listed`.
    """
    offsets = rule.offsets(scope.windows[0].start, scope.as_of)
    how = {"keyed": keys is not None, "listed": listed}
    shape = _scan_shape(rule, len(scope.windows), scope.slot_seconds, dialect.name, offsets, **how)
    parameters: dict[str, Any] = {} if keys is None else {"keys": list(keys)}
    for place, column in enumerate(rule.done):
        parameters[f"matured_{place}"] = column.value(scope.as_of - rule.mapping.grace)
        for number, window in enumerate(scope.windows):
            parameters[f"start_{place}_{number}"] = column.value(window.start)
            parameters[f"end_{place}_{number}"] = column.value(window.end)
    return Prepared(shape, parameters)


@lru_cache(maxsize=256)
def _scan_shape(
    rule: BoundRule, windows: int, slot_seconds: int, dialect: str, offsets: Offsets, *, keyed: bool, listed: bool
) -> Select[Any]:
    tasks = _fenced(_judged(rule, windows, dialect, offsets, keyed=keyed), dialect).subquery("judged")
    late_from = rule.mapping.late_after.total_seconds() + _HALF_A_TICK
    groups = [
        whole(tasks.c.done / literal(float(slot_seconds), Float)).label("slot"),
        tasks.c.kind.label("kind"),
        delay_bucket(tasks.c.delay, dialect).label("bucket"),
    ]
    sums = [
        func.max(tasks.c.done).label("done"),
        func.count().label("tasks"),
        func.sum(tasks.c.fallback).label("fallback"),
        func.sum(tasks.c.outputs).label("outputs"),
        func.sum(tasks.c.duplicates).label("duplicates"),
        func.sum(case((tasks.c.delay > late_from, 1), else_=0)).label("late"),
        func.min(tasks.c.delay).label("least_delay"),
        func.max(tasks.c.delay).label("greatest_delay"),
    ]
    missing = tasks.c.kind == literal(int(Kind.MISSING), Integer)
    keys = [case((missing, tasks.c.key), else_=null()).label("key")] if listed else []
    return select(*groups, *sums, *keys).group_by(*(group.element for group in (*groups, *keys)))


def _fenced(inner: Select[Any], dialect: str) -> Select[Any]:
    # PostgreSQL would inline the delay into each of its uses and compute it a dozen times for every task.
    return inner.offset(0) if dialect == "postgresql" else inner


def _judged(rule: BoundRule, windows: int, dialect: str, offsets: Offsets, *, keyed: bool) -> Select[Any]:
    # Each window of the first column has its own range of an index. The tasks without a time there are few but spread
    # over all time: they are read once for all windows.
    numbers: list[tuple[int, tuple[int, ...]]] = [(0, (number,)) for number in range(windows)]
    numbers += [(place, tuple(range(windows))) for place in range(1, len(rule.done))]
    pieces = [tasks_with_outputs(rule, place, chosen, dialect, offsets, keyed=keyed) for place, chosen in numbers]
    tasks = union_all(*pieces).subquery("tasks")
    lacking, young = tasks.c.outputs < rule.mapping.child.min_rows, tasks.c.young == 1
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
    kept = [tasks.c[name] for name in ("key", "done", "fallback", "outputs", "duplicates")]
    return select(*kept, kind.label("kind"), case((settled, waited), else_=null()).label("delay"))


def future_statement(rule: BoundRule, as_of: datetime, tolerance: timedelta) -> Prepared:
    """Count successful tasks whose finish time lies further in the future than clocks may differ."""
    parameters = {f"latest_{place}": column.value(as_of + tolerance) for place, column in enumerate(rule.done)}
    return Prepared(_future_shape(rule), parameters)


@lru_cache(maxsize=64)
def _future_shape(rule: BoundRule) -> Select[Any]:
    places: list[ColumnElement[bool]] = [
        and_(*gaps.placed(rule, place), column.bare > column.parameter(f"latest_{place}"))
        for place, column in enumerate(rule.done)
    ]
    return select(func.count()).select_from(rule.parent).where(*gaps.successful(rule), gaps.alive(rule), or_(*places))


def unplaced_statement(rule: BoundRule) -> Prepared:
    """Count successful tasks with no finish time in any of the mapped columns: no window can hold them."""
    nowhere = [column.column.is_(None) for column in rule.done]
    counted = select(func.count()).select_from(rule.parent)
    return Prepared(counted.where(*gaps.successful(rule), gaps.alive(rule), *nowhere), {})
