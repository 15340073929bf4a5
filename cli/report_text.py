"""A check report as people read it: the verdict first, then what it rests on, then what to do next."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from api.views.times import local_text, seconds_text, window_text
from cli.outline import outline
from cli.terminal import columns, health_mark, printable
from consistency.main_group import main_group
from consistency.model import Window, parse_utc, utc_text
from consistency.rules import rate_text

Report = dict[str, Any]

#: Counters that are worth a word only when they are not zero, with their words.
UNUSUAL = {
    "duplicates": "duplicate outputs",
    "orphans": "outputs without a task",
    "null_fk": "outputs that name no task",
    "no_finish_time": "tasks without their first finish time",
    "clock_skew": "tasks that finish in the future",
    "deleted": "deleted tasks",
}
DETAILS = ("comparison", "onset", "trend", "segments", "missing_by", "detail")


def report_lines(report: Report, zone: ZoneInfo, *, colours: bool, several_rules: bool, detailed: bool) -> list[str]:
    """The whole report; `several_rules` says whether the next command must name the rule."""
    lines = [verdict_line(report, colours=colours), *columns(list(_facts(report, zone)), "  ")]
    if report["coverage"] == 1:
        lines += [f"  problem: {printable(problem)}" for problem in report["problems"]]
    for finding in report["findings"]:
        lines.append(f"  {finding['level']}: {printable(finding['message'])}")
        lines += [f"    fix: {printable(finding['fix'])}"] if finding["fix"] else []
    lines += _detail_lines(report) if detailed else []
    return [*lines, *next_command(report, several_rules=several_rules)]


def verdict_line(report: Report, *, colours: bool) -> str:
    """`⚠ degraded  91.8 %  347 of 378 successful tasks have their output  (95 % certain: 88.6 to 94.2 %)`."""
    counts, mark = report["counts"], health_mark(report["health"], colours=colours)
    if not counts["tasks"]:
        nothing = "nothing could be measured" if report["coverage"] < 1 else "no successful tasks in the window"
        return f"{mark}  {nothing}"
    low, high = (f"{100 * bound:.1f}" for bound in report["confidence"])
    rate = rate_text(counts["tasks_with_outputs"], counts["tasks"])
    share = f"{counts['tasks_with_outputs']} of {counts['tasks']} successful tasks have their output"
    return f"{mark}  {rate}  {share}  (95 % certain: {low} to {high} %)"


def _facts(report: Report, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    counts, window = report["counts"], report["window"]
    span = Window(parse_utc(window["start"]), parse_utc(window["end"]))
    yield "check", f"{report['type']} of rule {printable(report['rule'])}, {window_text(span, zone)}"
    if report["coverage"] < 1:
        yield "coverage", f"{100 * report['coverage']:.1f} % of the window"
    late = "lateness not measurable" if counts["late"] is None else f"{counts['late']} late"
    yield "tasks", f"{counts['missing']} missing, {late}, {counts['pending']} within their grace period"
    if mostly := _mostly(report):
        yield "mostly", mostly
    average = report["avg_outputs_per_task"]
    yield "outputs", f"{counts['outputs']}" + (f", {average:g} a task" if average is not None else "")
    delays = report["delay_seconds"]
    if delays and delays["max"] is not None:
        yield "delays", ", ".join(f"{name} {seconds_text(delays[name])}" for name in ("p50", "p95", "p99", "max"))
    unusual = [f"{counts[name]} {words}" for name, words in UNUSUAL.items() if counts.get(name)]
    if unusual:
        yield "also", ", ".join(unusual)
    if report.get("comparison"):
        yield "compared", printable(report["comparison"]["sentence"])
    if report["onset"]:
        yield "since", _onset(report["onset"], zone)


def _mostly(report: Report) -> str:
    """`27 of 31 are workflow img2video`; empty where no value stands out."""
    group = main_group(report.get("missing_by"))
    if group is None:
        return ""
    looked_at = " looked at" if group.of < report["counts"]["missing"] else ""
    column, value = printable(group.column), printable(group.value)
    said = f"have no {column}" if group.value is None else f"are {column} {value}"
    return f"{group.missing} of {group.of}{looked_at} {said}"


def _onset(onset: Report, zone: ZoneInfo) -> str:
    until = f", until {local_text(parse_utc(onset['until']), zone)}" if onset["until"] else ""
    fall = f"the rate fell from {100 * onset['rate_before']:.1f} % to {100 * onset['rate_after']:.1f} %"
    return f"{local_text(parse_utc(onset['at']), zone)}{until}: {fall}"


def _detail_lines(report: Report) -> Iterator[str]:
    for name in DETAILS:
        if report.get(name):
            yield from outline({name: report[name]}, "  ")
    statements = report["database"]["statements"]
    if statements:
        rows = [
            (name, f"{each['seconds']:.3f} s", f"{each['times']} times", f"{each['rows']} rows")
            for name, each in statements.items()
        ]
        yield "  statements:"
        yield from columns([tuple(map(printable, row)) for row in rows], "    ")
    if report["missing_sample"]:
        yield f"  missing, for example: {', '.join(map(printable, report['missing_sample']))}"


def next_command(report: Report, *, several_rules: bool) -> list[str]:
    """How to see which tasks are missing, when some are."""
    if not report["counts"]["missing"]:
        return []
    window = (utc_text(parse_utc(report["window"][name])) for name in ("start", "end"))
    dates = "--start-date {} --end-date {}".format(*window)
    rule = f" --rule {report['rule']}" if several_rules else ""
    return [f"→ reconcilery missing {dates}{rule}"]
