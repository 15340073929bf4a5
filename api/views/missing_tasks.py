"""Missing tasks as CSV and JSON, piece by piece while they are read."""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from api.views.csv_cells import csv_cell
from consistency.missing import MissingTask, age
from consistency.model import utc_text

FIXED = ("id", "done_at", "provider_task_id", "age_seconds")

Record = dict[str, Any]


def record_of(task: MissingTask, as_of: datetime) -> Record:
    """The task as plain values: RFC 3339 in UTC, whole seconds, other columns under their own names."""
    fixed = (task.key, utc_text(task.done_at), task.provider_task_id, int(age(task, as_of).total_seconds()))
    return {**task.columns, **dict(zip(FIXED, map(plain, fixed), strict=True))}


def plain(value: Any) -> Any:
    """The value as JSON has it; what JSON lacks becomes text."""
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def csv_lines(records: Iterable[Record], extra: Sequence[str]) -> Iterator[str]:
    """A header and one line a task; `extra` are the names of further columns."""
    names = [*FIXED, *(name for name in extra if name not in FIXED)]
    writer = csv.writer(_Passing(), lineterminator="\n")
    yield str(writer.writerow(names))
    for record in records:
        yield str(writer.writerow([csv_cell(record[name]) for name in names]))


class _Passing:
    """Hands the line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def json_pieces(head: Record, records: Iterable[Record]) -> Iterator[str]:
    """One object: the head, then `missing`, then their `count`."""
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "missing": ['
    number = 0
    for record in records:
        shown = {name: plain(value) for name, value in record.items()}
        yield (", " if number else "") + json.dumps(shown, ensure_ascii=False)
        number += 1
    yield f'], "count": {number}}}\n'
