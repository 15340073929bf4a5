"""The flags that the repair commands share, and what they mean together."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

MOST_SECONDS = 30 * 86400

_SCOPE = (
    click.option("--rule", metavar="RULE", help="Of which rule; needed where there are several."),
    click.option(
        "--start-date",
        metavar="DATE",
        help="Tasks that finished from then on, like 2026-09-15, 2026-09-15T03:00Z or now-7d; 14 days unless said.",
    ),
    click.option(
        "--end-date", metavar="DATE", help="Tasks that finished before the end of that date; now unless said."
    ),
    click.option(
        "--task-ids",
        metavar="A,B|@FILE|-",
        help="These tasks instead of dates; @FILE and - (stdin) hold them one a line or separated by commas.",
    ),
    click.option(
        "--batch-size",
        type=click.IntRange(min=1, max=10_000),
        metavar="N",
        help="How many tasks a batch has at most; the setting repair_batch_size unless said.",
    ),
    click.option("--max-tasks", type=click.IntRange(min=1), metavar="N", help="Repair at most so many, oldest first."),
)
_WAY = (
    click.option("--local", is_flag=True, help="Work in this process: no broker, no worker, no Redis."),
    click.option(
        "--wait",
        type=click.FloatRange(min=0, max=MOST_SECONDS),
        metavar="SECONDS",
        help="How long to wait for the workers; until they are done unless said.",
    ),
    click.option("--no-wait", is_flag=True, help="Let the workers begin and do not wait for the end."),
)
_IDLE = {
    "--local": "This reads and writes nothing but the database anyway.",
    "--yes": "There is nothing to approve here.",
}
yes_flag = click.option("--yes", is_flag=True, help="Approve what needs a person's approval, in your name.")


@dataclass(frozen=True)
class Way:
    """How a run is carried out: by this process or by workers, and how many seconds they are waited for."""

    local: bool
    seconds: float = inf
    waits: bool = True


def way_of(*, local: bool, wait: float | None, no_wait: bool) -> Way:
    """UsageError where the flags contradict each other."""
    if no_wait and (local or wait is not None):
        raise click.UsageError("--no-wait cannot be combined with --wait or --local")
    if local and wait is not None:
        raise click.UsageError("--wait cannot be combined with --local; Ctrl-C pauses the run")
    return Way(local, inf if wait is None else wait, not no_wait)


def scope_flags(command: F) -> F:
    """What is to be repaired, and in which portions."""
    return _with(command, _SCOPE)


def way_flags(command: F) -> F:
    """Who does it, and how long that is waited for."""
    return _with(command, _WAY)


def idle_flags(*names: str) -> Callable[[F], F]:
    """Flags of the group that change nothing here; whoever types the same ones after every command is not refused."""
    options = tuple(
        click.option(name, is_flag=True, hidden=True, expose_value=False, help=_IDLE[name]) for name in names
    )
    return lambda command: _with(command, options)


def _with(command: F, options: tuple[Callable[[F], F], ...]) -> F:
    for option in reversed(options):
        command = option(command)
    return command
