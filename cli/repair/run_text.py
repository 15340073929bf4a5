"""A run as people read it: how it stands, what it was about, what came of it, and what to do next."""

from collections.abc import Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from rich.cells import cell_len

from api.views.times import local_text, seconds_text, window_text
from cli.repair.words import count_lines, next_commands, state_mark
from cli.terminal import columns, printable
from compensation.states import RunState
from consistency.model import Window, parse_utc
from consistency.rules import rate_text

Summary = dict[str, Any]


def run_lines(summary: Summary, zone: ZoneInfo, *, width: int | None, colours: bool) -> list[str]:
    """The whole run, for a terminal with so many columns."""
    lines = [head_line(summary, colours=colours), *columns(list(_facts(summary, zone)), "  ")]
    return [*lines, *note_lines(summary), *kept_lines(summary), *next_lines(summary, width)]


def head_line(summary: Summary, *, colours: bool) -> str:
    """`✔ succeeded  run 5b2c…`."""
    return f"{state_mark(summary['state'], colours=colours)}  run {summary['run_id']}"


def scope_text(summary: Summary, zone: ZoneInfo) -> str:
    """`tasks that finished 2026-09-15 00:00:00 to 2026-09-16 00:00:00 +08:00`, or how many tasks were named."""
    scope = summary["scope"]
    if "task_ids" in scope:
        return "1 named task" if scope["task_ids"] == 1 else f"{scope['task_ids']} named tasks"
    return f"tasks that finished {window_text(Window(parse_utc(scope['start']), parse_utc(scope['end'])), zone)}"


def measured_text(measured: Summary | None) -> str:
    """`31 of 378 successful tasks lack their output (91.8 % have it)`."""
    if not measured:
        return "not measured"
    if not measured["tasks"]:
        return "no successful tasks"
    lacks = "lacks its" if measured["missing"] == 1 else "lack their"
    rate = rate_text(measured["with_outputs"], measured["tasks"])
    return f"{measured['missing']} of {measured['tasks']} successful tasks {lacks} output ({rate} have it)"


def _facts(summary: Summary, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    yield "rule", printable(summary["rule"])
    yield "scope", scope_text(summary, zone)
    yield "before", measured_text(summary["before"])
    if summary["after"]:
        yield "after", measured_text(summary["after"])
    for place, line in enumerate(count_lines(summary["counts"]) or ["none"]):
        yield "" if place else "tasks", line
    if "deleted" in summary:
        yield "undone", undone_text(summary)
    elif summary["started_at"]:
        yield "rows", f"{summary['rows_written']} written"
    if summary["reason"]:
        yield "reason", printable(summary["reason"])
    if summary["state"] in {RunState.RUNNING, RunState.VERIFYING}:
        yield "pace", _pace(summary["progress"])
    yield "by", _people(summary)
    yield "when", _when(summary, zone)
    if summary["parent_run_id"]:
        yield "again", f"what run {summary['parent_run_id']} did not repair"


def _pace(progress: Summary) -> str:
    parts = [f"{progress['open']} tasks left, {progress['per_minute']:g} a minute"]
    if progress["eta_seconds"]:
        parts.append(f"about {seconds_text(progress['eta_seconds'])} to go")
    parts.append(f"{progress['working']} batches in hand")
    return ", ".join(parts) + (f"; slowed: {printable(progress['throttle'])}" if progress["throttle"] else "")


def _people(summary: Summary) -> str:
    approved = f", approved by {summary['approved_by']}" if summary["approved_by"] else ""
    return printable(f"{summary['created_by']}{approved}")


def _when(summary: Summary, zone: ZoneInfo) -> str:
    began = parse_utc(summary["started_at"] or summary["created_at"])
    words = f"{'started' if summary['started_at'] else 'made'} {local_text(began, zone)}"
    if "deleted" in summary and summary["finished_at"]:
        return f"{words}, taken back {local_text(parse_utc(summary['finished_at']), zone)}"
    if summary["finished_at"] and summary["started_at"]:
        took = (parse_utc(summary["finished_at"]) - began).total_seconds()
        return f"{words}, took {seconds_text(max(0.0, took))}"
    return words


def undone_text(undone: Summary) -> str:
    """`28 rows deleted, 1 kept (somebody has changed it), 1 gone before`."""
    deleted, kept, gone = undone["deleted"], undone["kept_changed"], undone["gone"]
    parts = [f"{deleted} {'row' if deleted == 1 else 'rows'} deleted"]
    parts += [f"{kept} kept (somebody has changed {'it' if kept == 1 else 'them'})"] if kept else []
    parts += [f"{gone} gone before"] if gone else []
    return ", ".join(parts)


def note_lines(summary: Summary) -> list[str]:
    """What a person should know besides; the reason of the run itself stands above."""
    return [f"  note: {printable(each)}" for each in summary["problems"] if each != summary["reason"]]


def kept_lines(undone: Summary) -> list[str]:
    """The rows that were kept, each with what was changed in it."""
    kept: Sequence[Summary] = undone.get("kept", ())
    lines = [f"  kept: {_kept(each)}" for each in kept]
    more = undone.get("kept_changed", 0) - len(kept)
    return [*lines, f"  … and {more} more"] if more > 0 else lines


def _kept(row: Summary) -> str:
    key = ", ".join(map(str, row["primary_key"])) if isinstance(row["primary_key"], list) else row["primary_key"]
    named = f"task {row['task_id']}, output {row['output_key']} (row {key}): "
    if "referred_to" in row:
        return printable(f"{named}other rows refer to it ({row['referred_to']})")
    if "refused" in row:
        return printable(f"{named}it may not be deleted ({row['refused']})")
    changes = (f"{name} was {each['written']!r}, is {each['now']!r}" for name, each in row["changed"].items())
    return printable(named + "; ".join(changes))


def next_lines(summary: Summary, width: int | None) -> list[str]:
    """`→ reconcilery repair rollback 5b2c…  takes back what it wrote`; the command alone where a line has no room."""
    rows = [(f"→ reconcilery repair {_with_id(words, summary)}", does) for words, does in next_commands(summary)]
    lines = columns(rows)
    fits = width is None or all(cell_len(line) <= width for line in lines)
    return lines if fits else [command for command, _ in rows]


def _with_id(words: str, summary: Summary) -> str:
    name, _, flags = words.partition(" ")
    return f"{name} {summary['run_id']} {flags}".rstrip()
