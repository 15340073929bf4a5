"""The tasks that lack their output, one by one, oldest first; however many there are, only a page is in memory.

Pages follow each other by (finish time, key) as the database itself sorts them, and every page is looked at once more
on the primary before its tasks count as missing; what is told of a task is what the primary holds.
"""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, or_, select

from consistency import gaps
from consistency.database import snapshot
from consistency.errors import BadRequest
from consistency.host import BoundRule
from consistency.model import Window
from consistency.setting_sources import did_you_mean
from consistency.source import Source
from consistency.stretches import DAY, cut
from consistency.task_rows import TaskRow, instant, row_columns, row_fields

PAGE_ROWS = 1000
MOST_GROUPS = 100_000
_MOST_PIECES = 400
_FINER = (timedelta(hours=1), timedelta(minutes=1))
#: A local time that is there twice may be that much later than it was taken for.
_FOLD = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class MissingTask(TaskRow):
    """A task without its output; `done_at` is aware UTC."""

    done_at: datetime


@dataclass(frozen=True)
class Question:
    """Which tasks are asked for: of a rule, finished in a window, as of a moment, with further columns."""

    rule: BoundRule
    window: Window
    as_of: datetime
    columns: Sequence[str] = ()


def missing_tasks(source: Source, question: Question) -> Iterator[MissingTask]:
    """Every matured task of the question that lacks its output, by finish time."""
    days = -(-question.window.length // (_MOST_PIECES * DAY))
    for piece in cut(question.window, max(1, days) * DAY):
        places = range(len(question.rule.done))
        yield from heapq.merge(*(_placed(source, question, place, piece) for place in places), key=_position)


def _position(task: MissingTask) -> tuple[datetime, str]:
    return task.done_at, str(task.key)


def _placed(
    source: Source, question: Question, place: int, window: Window, last: Row[Any] | None = None
) -> Iterator[MissingTask]:
    """The tasks after `last`, whose finish time stands in the column number `place`."""
    gap, done = gaps.gap(question.rule, place, window, question.as_of), question.rule.done[place]
    while True:
        with snapshot(source.read, source.statement_timeout) as connection:
            page = connection.execute(_page(question.rule, place, gap, last)).all()
        if page:
            yield from _confirmed(source, question, place, gap, page)
        if len(page) < PAGE_ROWS:
            return
        last = page[-1]
        if finer := [step for step in _FINER if step < window.length]:
            # Each further page would look at the whole rest of the window once more.
            for piece in cut(window, finer[0]):
                if piece.end > instant(done, last.done) - _FOLD:
                    yield from _placed(source, question, place, piece, last)
            return


def _page(rule: BoundRule, place: int, gap: ColumnElement[bool], last: Row[Any] | None) -> Select[Any]:
    done = rule.done[place].bare
    chosen = select(rule.key.label("key"), done.label("done")).where(gap, *_after(rule, done, last))
    return chosen.order_by(done, rule.key).limit(PAGE_ROWS)


def _after(rule: BoundRule, done: ColumnElement[Any], last: Row[Any] | None) -> list[ColumnElement[bool]]:
    # The first half alone lets an index of finish times be entered in the middle.
    return [] if last is None else [done >= last.done, or_(done > last.done, rule.key > last.key)]


def _confirmed(
    source: Source, question: Question, place: int, gap: ColumnElement[bool], page: Sequence[Row[Any]]
) -> Iterator[MissingTask]:
    """The tasks of the page that the primary, too, shows as missing, with the primary's values."""
    rule, columns = question.rule, question.columns
    done, seen = rule.done[place], {(row.key, row.done) for row in page}
    unique = rule.key_is_unique
    second = select(done.bare.label("done"), *row_columns(rule, columns))
    second = second.where(gap, rule.key.in_([row.key for row in page])).order_by(done.bare, rule.key)
    source.on_progress()
    with snapshot(source.primary, source.statement_timeout) as connection:
        rows = connection.execute(second).all()
    for row in rows:
        # Where several tasks share a key, each belongs to the page that holds its finish time.
        if unique or (row.key, row.done) in seen:
            yield MissingTask(**row_fields(rule, columns, row), done_at=instant(done, row.done))


def parent_column(rule: BoundRule, name: str, argument: str) -> str:
    """The name, if the table of the tasks has such a column; else BadRequest with the nearest one."""
    known = rule.parent.c.keys()
    if name not in known:
        hint = did_you_mean(name, known) or f"; it has {', '.join(list(known)[:12])}"
        raise BadRequest(f"{argument}: table {rule.parent_table.name!r} has no column {name!r}{hint}")
    return name


def counted_by(tasks: Iterable[MissingTask], column: str, argument: str) -> Counter[Any]:
    """How many of the tasks have each value of the column; BadRequest when there are too many values to count by."""
    counts: Counter[Any] = Counter()
    for task in tasks:
        counts[_countable(task.columns[column])] += 1
        if len(counts) > MOST_GROUPS:
            raise BadRequest(f"{argument}: {column!r} has more than {MOST_GROUPS} values; choose a coarser column")
    return counts


def _countable(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | float) else str(value)


def age(task: MissingTask, as_of: datetime) -> timedelta:
    """How long ago the task finished."""
    return as_of - task.done_at
