"""What a report must say, computed from rows in memory, in plain Python, without any code of the product.

Written from the contract alone: sets, loops and exact timedeltas instead of SQL, slots and histograms.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, floor
from typing import Any

from tests.factories.rows import Output, Task, World

PLACES = ("completed_at", "updated_at", "created_at")


@dataclass(frozen=True)
class Spec:
    """The rule as the oracle understands it."""

    states: tuple[Any, ...] = ("SUCCESS",)
    places: tuple[str, ...] = PLACES
    grace: timedelta = timedelta(minutes=10)
    late_after: timedelta = timedelta(minutes=5)
    min_rows: int = 1
    skew: timedelta = timedelta(seconds=60)
    soft_deleted_tasks: bool = True
    soft_deleted_outputs: bool = True
    created: bool = True
    keyed: bool = True
    parent_where: tuple[tuple[str, str, Any], ...] = ()
    child_where: tuple[tuple[str, str, Any], ...] = ()


@dataclass(frozen=True)
class Expected:
    """All counters of a report, the sorted delays in seconds, and the keys of the missing tasks."""

    counts: dict[str, int | None]
    delays: list[float] | None
    missing: set[str]


_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda cell, value: cell == value,
    "!=": lambda cell, value: cell != value,
    "<": lambda cell, value: cell < value,
    "<=": lambda cell, value: cell <= value,
    ">": lambda cell, value: cell > value,
    ">=": lambda cell, value: cell >= value,
    "in": lambda cell, value: cell in value,
    "not in": lambda cell, value: cell not in value,
}


def passes(row: Task | Output, conditions: Iterable[tuple[str, str, Any]]) -> bool:
    """SQL's logic: a comparison with NULL is not true."""
    for column, op, value in conditions:
        cell = getattr(row, column)
        if op in {"is null", "is not null"}:
            fits = (cell is None) == (op == "is null")
        else:
            fits = cell is not None and _TESTS[op](cell, value)
        if not fits:
            return False
    return True


def place_of(task: Task, spec: Spec) -> tuple[int, datetime] | None:
    """The number and the value of the first finish column that holds one."""
    for number, name in enumerate(spec.places):
        moment = getattr(task, name)
        if moment is not None:
            return number, moment
    return None


def expected(world: World, spec: Spec, start: datetime, end: datetime, as_of: datetime) -> Expected:
    """What a check of [start, end) as of that moment has to count."""
    live = [each for each in world.outputs if _is_live(each, spec)]
    of_task: dict[Any, list[Output]] = {}
    for output in live:
        if output.task_id is not None:
            of_task.setdefault(output.task_id, []).append(output)
    counts: Counter[str] = Counter()
    delays: list[timedelta] = []
    missing: set[str] = set()
    for task in world.tasks:
        where = place_of(task, spec)
        if task.state not in spec.states or where is None or not passes(task, spec.parent_where):
            continue
        deleted = spec.soft_deleted_tasks and task.deleted_at is not None
        if not deleted and end >= as_of and where[1] > as_of + spec.skew:
            counts["clock_skew"] += 1
        if start <= where[1] < end:
            if deleted:
                counts["deleted"] += 1
            else:
                _judge(task, where, of_task.get(task.id, []), spec, as_of, counts, delays, missing)
    _count_strays(world, live, start, end, counts)
    return _expected(counts, delays, missing, spec)


def _is_live(output: Output, spec: Spec) -> bool:
    return not (spec.soft_deleted_outputs and output.deleted_at is not None) and passes(output, spec.child_where)


def _judge(
    task: Task,
    where: tuple[int, datetime],
    outputs: list[Output],
    spec: Spec,
    as_of: datetime,
    counts: Counter[str],
    delays: list[timedelta],
    missing: set[str],
) -> None:
    number, done = where
    counts["no_finish_time"] += number > 0
    enough = len(outputs) >= spec.min_rows
    if done >= as_of - spec.grace:
        counts["pending"] += not enough
        return
    counts["tasks"] += 1
    counts["outputs"] += len(outputs)
    keys = [each.output_key for each in outputs if each.output_key is not None]
    counts["duplicates"] += len(keys) - len(set(keys))
    if not enough:
        counts["missing"] += 1
        missing.add(str(task.id))
        return
    counts["tasks_with_outputs"] += 1
    moments = [each.created_at for each in outputs if each.created_at is not None]
    if moments:
        delay = max(min(moments) - done, timedelta(0))
        delays.append(delay)
        counts["late"] += delay > spec.late_after


def _count_strays(world: World, live: list[Output], start: datetime, end: datetime, counts: Counter[str]) -> None:
    owners = {task.id for task in world.tasks}
    for output in live:
        if output.created_at is not None and start <= output.created_at < end:
            counts["null_fk"] += output.task_id is None
            counts["orphans"] += output.task_id is not None and output.task_id not in owners


NAMES = (
    "tasks tasks_with_outputs missing late pending outputs duplicates orphans null_fk no_finish_time clock_skew deleted"
)


def _expected(counts: Counter[str], delays: list[timedelta], missing: set[str], spec: Spec) -> Expected:
    filled: dict[str, int | None] = {name: counts[name] for name in NAMES.split()}
    if not spec.created:
        filled |= {"late": None, "orphans": None, "null_fk": None}
    if not spec.keyed:
        filled["duplicates"] = None
    seconds = sorted(delay.total_seconds() for delay in delays)
    return Expected(filled, seconds if spec.created else None, missing)


def percentile(ordered: list[float], share: float) -> float | None:
    """Between ranks, as SQL's percentile_cont."""
    if not ordered:
        return None
    at = share * (len(ordered) - 1)
    low, high = ordered[floor(at)], ordered[ceil(at)]
    return low + (high - low) * (at - floor(at))
