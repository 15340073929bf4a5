"""How missing tasks are written: CSV and JSON while they come, a table of the first ones for people."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, TextIO

from api.views.csv_cells import csv_cell
from api.views.times import ago_text
from cli.terminal import columns, printable
from consistency.missing import MissingTask, age
from consistency.model import utc_text

FIXED = ("id", "done_at", "provider_task_id", "age_seconds")


def record_of(task: MissingTask, as_of: datetime) -> dict[str, Any]:
    """The task as plain values: RFC 3339 in UTC, whole seconds, other columns under their own names."""
    fixed = (task.key, utc_text(task.done_at), task.provider_task_id, int(age(task, as_of).total_seconds()))
    return {**task.columns, **dict(zip(FIXED, map(plain, fixed), strict=True))}


def plain(value: Any) -> Any:
    """The value as JSON has it; what JSON lacks becomes text."""
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def write_csv(out: TextIO, records: Iterable[dict[str, Any]], extra: Sequence[str]) -> int:
    """A header and one line a task; returns how many tasks."""
    names = [*FIXED, *(name for name in extra if name not in FIXED)]
    writer = csv.DictWriter(out, names, lineterminator="\n")
    writer.writeheader()
    number = 0
    for record in records:
        writer.writerow({name: csv_cell(record[name]) for name in names})
        number += 1
    return number


def write_json(write: Callable[[str], Any], head: dict[str, Any], records: Iterator[dict[str, Any]]) -> None:
    """One object, written piece by piece: the head, then `missing`, then their `count`."""
    write(json.dumps(head, ensure_ascii=False)[:-1] + ', "missing": [')
    number = 0
    for record in records:
        shown = {name: plain(value) for name, value in record.items()}
        write((", " if number else "") + json.dumps(shown, ensure_ascii=False))
        number += 1
    write(f'], "count": {number}}}\n')


def table_lines(tasks: Sequence[MissingTask], as_of: datetime, extra: Sequence[str]) -> list[str]:
    """One line a task under a header."""
    header = ["id", "finished (UTC)", "", "provider's id", *extra]
    rows = [_row(task, as_of, extra) for task in tasks]
    return columns(list(chain([header], rows)))


def _row(task: MissingTask, as_of: datetime, extra: Sequence[str]) -> list[str]:
    others = (task.columns[name] for name in extra)
    moment = f"{task.done_at:%Y-%m-%d %H:%M:%S}"
    shown = (task.key, moment, ago_text(task.done_at, as_of), task.provider_task_id, *others)
    return ["-" if value is None else printable(value) for value in shown]
