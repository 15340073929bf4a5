"""Single tasks, asked for by their keys: how each stands, and what it has in outputs, on the primary."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, false, or_, select

from consistency import gaps
from consistency.database import snapshot
from consistency.host import BoundRule
from consistency.source import Source
from consistency.task_rows import TaskRow, finished_at, row_columns, row_fields

PAGE_KEYS = 1000


@dataclass(frozen=True, slots=True)
class KeyedTask(TaskRow):
    """How a task stands.

    `done_at` is aware UTC, None without any finish time. `successful` says that the rule's states and filter let it
    pass, `matured` that its grace period was over, `missing` that the one definition counts it as a gap, whenever it
    finished. `outputs` counts its live outputs.
    """

    done_at: datetime | None
    successful: bool
    deleted: bool
    matured: bool
    missing: bool
    outputs: int


def tasks_by_keys(
    source: Source, rule: BoundRule, keys: Iterable[object], as_of: datetime, columns: Sequence[str] = ()
) -> Iterator[KeyedTask]:
    """The tasks with these keys, in no order; a key without a task is absent.

    Keys are of the id column's own type, and compared as the database compares them.
    """
    for page in pages_of(keys):
        source.on_progress()
        with snapshot(source.primary, source.statement_timeout) as connection:
            rows = connection.execute(select_tasks(rule, page, as_of, columns)).all()
        for row in rows:
            yield keyed_task(rule, columns, row)


def pages_of(keys: Iterable[object]) -> Iterator[list[object]]:
    """The keys, each once, in lists of at most PAGE_KEYS."""
    rest = iter(dict.fromkeys(keys))
    while page := list(islice(rest, PAGE_KEYS)):
        yield page


def select_tasks(rule: BoundRule, keys: Sequence[object], as_of: datetime, columns: Sequence[str] = ()) -> Select[Any]:
    """The statement behind one page; whoever wants to lock the rows adds `with_for_update(of=rule.parent)`."""
    places = range(len(rule.done))
    matured = or_(false(), *(and_(*_placed(rule, place), gaps.matured(rule, place, as_of)) for place in places))
    successful, alive = and_(*gaps.successful(rule)), gaps.alive(rule)
    chosen = select(
        *row_columns(rule, columns),
        _flag(successful).label("successful"),
        _flag(alive).label("alive"),
        _flag(matured).label("matured"),
        _flag(and_(successful, alive, matured, gaps.lacks_output_by_count(rule))).label("missing"),
        gaps.number_of_outputs(rule).label("outputs"),
    )
    return chosen.select_from(rule.parent).where(rule.key.in_(keys))


def _placed(rule: BoundRule, place: int) -> list[ColumnElement[bool]]:
    return [*gaps.placed(rule, place), rule.done[place].column.is_not(None)]


def _flag(condition: ColumnElement[bool]) -> ColumnElement[int]:
    # NULL, which a comparison with NULL is, counts as no.
    return case((condition, 1), else_=0)


def keyed_task(rule: BoundRule, columns: Sequence[str], row: Row[Any]) -> KeyedTask:
    """A row of that statement."""
    fields = row_fields(rule, columns, row)
    return KeyedTask(
        **fields,
        done_at=finished_at(rule, fields["finish"]),
        successful=bool(row.successful),
        deleted=not row.alive,
        matured=bool(row.matured),
        missing=bool(row.missing),
        outputs=row.outputs,
    )
