"""How many tasks there are and how many lack their output, by the one definition of a gap: a repair's before and after.

Everything is read on the primary: what a repair has written may not have reached a replica yet.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select

from consistency import gaps
from consistency.database import snapshot
from consistency.errors import StatementTimeout
from consistency.host import BoundRule
from consistency.model import Window
from consistency.rules import completion_rate
from consistency.source import Source
from consistency.stretches import DAY, cut
from consistency.tasks_by_keys import pages_of

SHORTEST_PIECE = timedelta(minutes=1)

Conditions = Sequence[Sequence[ColumnElement[bool]]]


@dataclass(frozen=True, slots=True)
class Measured:
    """Successful tasks that are not deleted and whose grace period was over; those with their outputs and without."""

    tasks: int
    with_outputs: int
    missing: int

    def __add__(self, other: "Measured") -> "Measured":
        return Measured(self.tasks + other.tasks, self.with_outputs + other.with_outputs, self.missing + other.missing)

    def as_dict(self) -> dict[str, Any]:
        """The numbers with their `completion_rate`, which is None where there are no tasks."""
        return {**asdict(self), "completion_rate": completion_rate(self.with_outputs, self.tasks)}


def measure(source: Source, rule: BoundRule, scope: Window | Iterable[object], as_of: datetime) -> Measured:
    """The tasks that finished in a window, or those with the given keys, which are of the id column's type.

    StatementTimeout when even a minute of a window takes longer than one statement may.
    """
    if isinstance(scope, Window):
        counted = _pieces(source, rule, cut(scope, DAY), as_of)
    else:
        pages = (_among(rule, page) for page in pages_of(scope))
        counted = (_count(source, rule, page, as_of) for page in pages)
    return sum(counted, Measured(0, 0, 0))


def _pieces(source: Source, rule: BoundRule, pieces: list[Window], as_of: datetime) -> Iterator[Measured]:
    waiting = pieces[::-1]
    while waiting:
        piece = waiting.pop()
        places = [gaps.within(rule, place, piece) for place in range(len(rule.done))]
        try:
            yield _count(source, rule, places, as_of)
        except StatementTimeout:
            if piece.length < 2 * SHORTEST_PIECE:
                raise
            waiting += reversed(piece.halves())


def _among(rule: BoundRule, keys: list[object]) -> Conditions:
    chosen = rule.key.in_(keys)
    return [[chosen, done.column.is_not(None)] for done in rule.done]


def _count(source: Source, rule: BoundRule, places: Conditions, as_of: datetime) -> Measured:
    """One statement for each finish column, all in one snapshot."""
    tasks = missing = 0
    source.on_progress()
    with snapshot(source.primary, source.statement_timeout) as connection:
        for place, chosen in enumerate(places):
            row = connection.execute(count_statement(rule, place, chosen, as_of)).one()
            tasks, missing = tasks + row.tasks, missing + int(row.missing or 0)
    return Measured(tasks, tasks - missing, missing)


def count_statement(
    rule: BoundRule, place: int, chosen: Sequence[ColumnElement[bool]], as_of: datetime
) -> Select[int, Any]:
    """Tasks and missing tasks among those placed at column `place` that fulfil the `chosen` conditions."""
    lacking = func.sum(case((gaps.lacks_output_by_count(rule), 1), else_=0))
    counted = select(func.count().label("tasks"), lacking.label("missing")).select_from(rule.parent)
    conditions = [*gaps.successful(rule), gaps.alive(rule), *gaps.placed(rule, place), *chosen]
    return counted.where(*conditions, gaps.matured(rule, place, as_of))
