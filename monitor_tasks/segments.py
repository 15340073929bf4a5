"""Tasks and missing outputs broken down by the columns that the rule names: which model, customer or queue is it?"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, case, func, literal, select, union_all

from consistency import gaps
from consistency.database import first_line, snapshot
from consistency.enum_columns import with_any_value
from consistency.errors import DatabaseError
from consistency.host import BoundRule
from consistency.model import Window
from consistency.rules import completion_rate
from consistency.source import Source
from consistency.stretches import DAY, cut

SHOWN = 10
#: Of a column with more values than this in one day, the values with the fewest missing tasks are not looked at.
MOST_VALUES = 1000
_LONGEST_VALUE = 100
_MOST_PIECES = 400


@dataclass
class Counts:
    """Of the tasks with one value."""

    tasks: int = 0
    missing: int = 0


Segment = dict[str | None, Counts]


def value_text(value: object) -> str | None:
    """A value as it stands in a report."""
    return None if value is None else str(value)[:_LONGEST_VALUE]


@contextmanager
def value_errors() -> Iterator[None]:
    """A value that its own column's type does not know, such as a text for a moment in SQLite, is a DatabaseError."""
    try:
        yield
    except (LookupError, ValueError) as error:
        line = first_line(error)
        raise DatabaseError(f"a value cannot be read: {line}", "value_unreadable", said=line) from error


def count_segments(source: Source, rule: BoundRule, window: Window, as_of: datetime) -> dict[str, Segment]:
    """For each segment column the tasks and missing ones of its values; DatabaseError if a statement is too slow.

    Read day by day, so that each statement is bounded; without the second look that the report's own counts have had.
    """
    return {name: _counted(source, rule, rule.parent.c[name], window, as_of) for name in rule.mapping.segments}


def _counted(source: Source, rule: BoundRule, column: ColumnElement[Any], window: Window, as_of: datetime) -> Segment:
    counted: Segment = defaultdict(Counts)
    days = -(-window.length // (_MOST_PIECES * DAY))
    for piece in cut(window, max(1, days) * DAY):
        source.on_progress()
        statement = segment_statement(rule, column, piece, as_of)
        with snapshot(source.read, source.statement_timeout) as connection, value_errors():
            for value, tasks, missing in connection.execute(statement):
                counts = counted[value_text(value)]
                counts.tasks, counts.missing = counts.tasks + int(tasks), counts.missing + int(missing)
    return counted


def segment_statement(rule: BoundRule, column: ColumnElement[Any], window: Window, as_of: datetime) -> Select[Any]:
    """Matured tasks of the window and how many of them lack their output, by the values of a column of the tasks."""
    lacks = case((gaps.lacks_output(rule), literal(1, Integer)), else_=literal(0, Integer))
    places = [
        select(with_any_value(column).label("value"), lacks.label("lacks")).where(_matured(rule, place, window, as_of))
        for place in range(len(rule.done))
    ]
    tasks = union_all(*places).subquery("segments")
    missing = func.sum(tasks.c.lacks)
    grouped = select(tasks.c.value, func.count().label("tasks"), missing.label("missing")).group_by(tasks.c.value)
    return grouped.order_by(missing.desc(), func.count().desc()).limit(MOST_VALUES)


def _matured(rule: BoundRule, place: int, window: Window, as_of: datetime) -> ColumnElement[bool]:
    conditions = [*gaps.successful(rule), gaps.alive(rule), *gaps.placed(rule, place)]
    return and_(*conditions, *gaps.within(rule, place, window), gaps.matured(rule, place, as_of))


def segment_rows(counted: Segment) -> list[dict[str, Any]]:
    """The ten values with the most missing tasks."""
    worst = sorted(counted.items(), key=lambda item: (-item[1].missing, -item[1].tasks, item[0] or ""))
    return [
        {
            "value": value,
            "tasks": counts.tasks,
            "missing": counts.missing,
            "completion_rate": completion_rate(counts.tasks - counts.missing, counts.tasks),
        }
        for value, counts in worst[:SHOWN]
    ]
