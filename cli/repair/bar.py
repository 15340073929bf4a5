"""The progress of a run on stderr, when a person looks at it: how far, how fast, how long, and what slows it down."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column

from api.views.times import seconds_text
from cli.terminal import printable
from compensation import progress as run_progress

#: Takes how far the run is, and what slows it down.
Show = Callable[[run_progress.Progress, str | None], None]


@contextmanager
def run_bar(title: str) -> Iterator[Show | None]:
    """Yields what shows a run's progress, or None where stderr is no terminal. It disappears at the end."""
    if not sys.stderr.isatty():
        yield None
        return
    pace = TextColumn("{task.fields[pace]}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis"))
    shapes = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*shapes, pace, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None, pace="")

        def show(found: run_progress.Progress, throttle: str | None) -> None:
            done = found.total - found.open
            bar.update(task, completed=done, total=found.total, pace=pace_text(found, throttle))

        yield show


def pace_text(found: run_progress.Progress, throttle: str | None) -> str:
    """`142/min, 12 min left, slowed: 5 calls a second`."""
    parts = [f"{found.rate:.0f}/min"] if found.rate else []
    if found.open and found.eta_seconds:
        parts.append(f"{seconds_text(found.eta_seconds)} left")
    if throttle:
        parts.append(f"slowed: {printable(throttle)}")
    return ", ".join(parts)
