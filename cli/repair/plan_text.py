"""A plan as people read it: what would be repaired, the first rows as they would be written, and what to do next."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from api.views.times import local_text, seconds_text
from cli.repair.run_text import measured_text, next_lines, note_lines, scope_text
from cli.repair.words import count_lines
from cli.terminal import columns, fitted, printable
from compensation.states import ItemState
from consistency.model import parse_utc

Summary = dict[str, Any]

SHOWN = 5


def plan_lines(
    summary: Summary,
    items: Sequence[Summary],
    table: str,
    zone: ZoneInfo,
    *,
    rate: float,
    until: datetime,
    width: int | None,
    colours: bool,
) -> list[str]:
    """The plan; `items` are the first that would be repaired, `rate` is the limit of calls a second (0 for none)."""
    head = f"Plan {summary['run_id']}"
    facts = columns(list(_facts(summary, zone, rate, until)), "  ")
    lines = [click.style(head, bold=True) if colours else head, *facts]
    lines += [fitted(line, width) for item in items for line in item_lines(item, table, zone)]
    more = summary["counts"].get(ItemState.PENDING, 0) - len(items)
    lines += [f"  … and {more} more"] if more > 0 and items else []
    lines += note_lines(summary)
    if summary["needs_approval"]:
        lines.append(f"  needs approval: {printable(summary['needs_approval'])}")
    return [*lines, *end_lines(summary, width)]


def _facts(summary: Summary, zone: ZoneInfo, rate: float, until: datetime) -> Iterator[tuple[str, str]]:
    counts = summary["counts"]
    pending = counts.get(ItemState.PENDING, 0)
    yield "rule", printable(summary["rule"])
    yield "scope", scope_text(summary, zone)
    yield "missing", measured_text(summary["before"])
    yield "repair", f"{pending} would be repaired" if pending else "nothing to repair"
    for line in count_lines({state: number for state, number in counts.items() if state != ItemState.PENDING}):
        yield "", line
    if pending and rate:
        yield "takes", f"about {seconds_text(pending / rate)} at {rate:g} calls a second"
    if pending:
        yield "valid", f"until {local_text(until, zone)}"


def item_lines(item: Summary, table: str, zone: ZoneInfo) -> Iterator[str]:
    """The task, then a line for each row that would be written for it, or why there is none."""
    finished = f", finished {local_text(parse_utc(item['task_finished_at']), zone)}" if item["task_finished_at"] else ""
    told = f": {item['code']} {item['detail'] or ''}".rstrip() if item["code"] else ""
    sign = "!" if told else "+"
    provider = f", provider's id {item['provider_task_id']}" if item["provider_task_id"] is not None else ""
    yield printable(f"  {sign} task {item['task_id']}{finished}{provider}{told}")
    for row in item["rows"] or ():
        yield printable(f"      {table}: " + ", ".join(f"{name} = {_value(value)}" for name, value in row.items()))


def _value(value: object) -> str:
    return "NULL" if value is None else str(value)


def end_lines(summary: Summary, width: int | None) -> list[str]:
    """Nothing has been written, and the next commands."""
    if not summary["counts"].get(ItemState.PENDING):
        return ["Nothing to repair, and nothing has been written."]
    return ["Nothing has been written.", *next_lines(summary, width)]
