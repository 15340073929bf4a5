"""`reconcilery repair items`: every task of a run with its outcome."""

import sys
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

import click

from cli.as_json import json_flag
from cli.repair.ledger import opened, read_run
from cli.repair.told import write_listed
from cli.repair.words import state_words
from cli.terminal import columns, fitted, note, printable, width
from compensation.records import line_pages
from compensation.states import ItemState

_PAGE = 1000
_HEADER = ("task", "outcome", "provider's id", "tries", "why")


@click.command(epilog="Example: reconcilery repair items 1f6c0f9e-6a51-4a5e-9c3d-2f1f0f6f7c11 --state quarantined")
@click.argument("run_id")
@click.option("--state", type=click.Choice([str(state) for state in ItemState]), help="Only tasks in this state.")
@json_flag
def items(*, run_id: str, state: str | None, as_json: bool) -> None:
    """List the tasks of a run in the order of its plan, each with its outcome and why."""
    with opened() as resources:
        run = read_run(resources, run_id)
        pages = line_pages(resources, run.id, state)
        if as_json:
            head = {"schema_version": 1, "run_id": run.id, "state": str(run.state)}
            write_listed(sys.stdout.write, head, "items", pages)
            return
        shown = 0
        for line in _table(chain.from_iterable(pages)):
            click.echo(line)
            shown += 1
        if not shown:
            note(f"Run {run.id} has no tasks" + (f" that are {state_words(state)}." if state else "."))


def _table(found: Iterator[dict[str, Any]]) -> Iterator[str]:
    """Aligned within a page, so that the first lines are there at once."""
    header, most = [_HEADER], width()
    while page := [_row(item) for item in islice(found, _PAGE)]:
        yield from (fitted(line, most) for line in columns([*header, *page]))
        header = []


def _row(item: dict[str, Any]) -> tuple[str, ...]:
    why = ": ".join(item[name] for name in ("code", "detail") if item[name])
    shown = (item["task_id"], state_words(item["state"]), item["provider_task_id"], item["attempts"], why)
    return tuple("-" if value is None else printable(value) for value in shown)
