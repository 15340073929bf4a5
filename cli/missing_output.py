"""How missing tasks are written: CSV and JSON while they come, a table of the first ones for people."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, TextIO

from api.views.missing_tasks import csv_lines, json_pieces
from api.views.times import ago_text
from cli.terminal import columns, printable
from consistency.missing import MissingTask


def write_csv(out: TextIO, records: Iterable[dict[str, Any]], extra: Sequence[str]) -> int:
    """A header and one line a task; returns how many tasks."""
    number = -1
    for line in csv_lines(records, extra):
        out.write(line)
        number += 1
    return number


def write_json(write: Callable[[str], Any], head: dict[str, Any], records: Iterator[dict[str, Any]]) -> None:
    """One object: the head, then `missing`, then their `count`."""
    for piece in json_pieces(head, records):
        write(piece)


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
