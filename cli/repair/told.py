"""How a plan and the end of a run are told: as text for people or one JSON object, and by the exit code."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, islice
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import click

from cli.repair.ledger import read_summary
from cli.repair.plan_text import SHOWN, plan_lines
from cli.repair.run_text import run_lines
from cli.repair.words import exit_code_of, state_words
from cli.terminal import has_colours, width
from compensation.plans.planned_items import planned_pages
from compensation.runs import RepairRefused, Run
from compensation.states import ItemState, RunState
from consistency.resources import Resources

_FIXES = {RunState.PAUSED: "go on with: reconcilery repair resume {}"}


def tell_plan(resources: Resources, run: Run, *, as_json: bool) -> None:
    """Print the plan; as JSON with all its items, of which a page is in memory at one time."""
    summary, rule = read_summary(resources, run), resources.rule(run.rule_id)
    if as_json:
        write_listed(sys.stdout.write, summary, "plan", planned_pages(resources, rule, run.id))
        return
    settings = resources.settings
    items = list(islice(chain.from_iterable(planned_pages(resources, rule, run.id, ItemState.PENDING)), SHOWN))
    lines = plan_lines(
        summary,
        items,
        rule.mapping.child.table,
        ZoneInfo(settings.timezone),
        rate=settings.provider_rate,
        until=(run.planned_at or run.created_at) + settings.repair_plan_age,
        width=width(),
        colours=has_colours(),
    )
    click.echo("\n".join(lines))


def write_listed(
    write: Callable[[str], Any], head: dict[str, Any], name: str, pages: Iterable[Sequence[dict[str, Any]]]
) -> None:
    """One object, written page by page: the head, and the items under their name."""
    encode, separator = json.JSONEncoder(ensure_ascii=False, default=str).encode, ""
    write(f'{encode(head)[:-1]}, "{name}": [')
    for page in filter(None, pages):
        # A page is encoded at once: for a hundred thousand items, one by one takes a third longer.
        write(separator + encode(page)[1:-1])
        separator = ", "
    write("]}\n")


def tell_run(resources: Resources, run: Run, *, as_json: bool) -> None:
    """Print how the run stands."""
    summary = read_summary(resources, run)
    if as_json:
        click.echo(json.dumps(summary, ensure_ascii=False))
    else:
        zone = ZoneInfo(resources.settings.timezone)
        click.echo("\n".join(run_lines(summary, zone, width=width(), colours=has_colours())))


def end_with(ctx: click.Context, resources: Resources, run: Run, *, as_json: bool) -> NoReturn:
    """Print how the run stands, and end with the exit code that it comes to; what was not done is told on stderr."""
    tell_run(resources, run, as_json=as_json)
    if run.state in {RunState.PAUSED, RunState.CANCELLED, RunState.FAILED}:
        reason = f": {run.reason}" if run.reason else ""
        fix = f"; {_FIXES[run.state].format(run.id)}" if run.state in _FIXES else ""
        raise RepairRefused(f"run {run.id} is {state_words(run.state)}{reason}{fix}")
    ctx.exit(exit_code_of(run.state))
