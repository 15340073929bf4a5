"""What a report says beyond its counts: trend, onset, unusual volumes, the database's state, custom checks."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError

from consistency.database import first_line, transaction
from consistency.errors import DatabaseError
from consistency.host import BoundRule
from consistency.ledger.buckets import stored_hours
from consistency.ledger.runs import Run
from consistency.model import CheckType, Window, parse_utc
from consistency.remarks import Remark, reason_values, remark_of
from consistency.resources import Resources
from consistency.rules import completion_rate, health_of
from consistency.source import Source
from consistency.stretches import HOUR, ceil_to
from consistency.tally import Tally
from monitor_tasks.comparison import compare
from monitor_tasks.custom_checks import Context, run_custom_check
from monitor_tasks.hour_points import points_of, rounded, side_of, whole_window
from monitor_tasks.measured import Measured, whole_hours
from monitor_tasks.missing_by import MissingBy, largest_first, missing_by_keys
from monitor_tasks.onset import onset
from monitor_tasks.performance import database_findings
from monitor_tasks.report import Evidence, measurable_counts
from monitor_tasks.segments import Segment, count_segments, segment_rows
from monitor_tasks.trends import trend
from monitor_tasks.volume import volume_findings

MOST_ROWS = 400
MOST_VOLUME_FINDINGS = 20
#: Seven weeks hold the fourteen days of a weekend that a judgement needs.
_BASELINE = timedelta(days=56)
_LONGEST_JUDGED = timedelta(days=62)


@dataclass(frozen=True)
class Inquiry:
    """One run with all that its parts have counted."""

    resources: Resources
    source: Source
    run: Run
    rule: BoundRule
    measured: Measured
    tally: Tally
    missing_keys: Collection[str] = ()  # those that a quick check knows

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.resources.settings.timezone)

    @property
    def measures_delay(self) -> bool:
        return self.rule.created is not None


def add_insight(inquiry: Inquiry, evidence: Evidence) -> None:
    """Fill in the evidence; what the database refuses or is too slow for becomes a problem, and the report goes on."""
    if inquiry.run.type is not CheckType.QUICK:
        _judge_hours(inquiry, evidence)
    if inquiry.run.options.get("compare_at"):
        evidence.comparison = _comparison(inquiry)
    if inquiry.run.options.get("detailed"):
        evidence.detail = _detail(inquiry)
    if inquiry.rule.mapping.segments:
        _break_down(inquiry, evidence)
    inquiry.source.on_progress()
    with _or_problem(evidence, "no database advice", "no_database_advice"):
        evidence.findings += database_findings(inquiry.resources, inquiry.run, inquiry.rule, evidence.timings)
    _run_custom_checks(inquiry, evidence)


@contextmanager
def _or_problem(evidence: Evidence, trouble: str, code: str) -> Iterator[None]:
    try:
        yield
    except (DatabaseError, SQLAlchemyError) as error:
        line = first_line(error)
        reason = replace(remark_of(error), text=line) if isinstance(error, DatabaseError) else Remark(line)
        evidence.problems.append(Remark(f"{trouble}: {line}", code, reason_values(reason)))


def _break_down(inquiry: Inquiry, evidence: Evidence) -> None:
    """By the rule's columns: all tasks of the window, or of a quick check, to keep it cheap, the missing ones alone."""
    source, rule, run = inquiry.source, inquiry.rule, inquiry.run
    if run.type is not CheckType.QUICK:
        with _or_problem(evidence, "no segments", "no_segments"):
            counted = count_segments(source, rule, run.window, run.as_of)
            evidence.segments = rounded({name: segment_rows(each) for name, each in counted.items()})
            evidence.missing_by = _missing_by(counted, inquiry.tally.missing)
    elif inquiry.missing_keys:
        # A problem that begins with "no" keeps findings from ending, and this one says nothing about them.
        with _or_problem(evidence, "the missing tasks were not broken down", "not_broken_down"):
            timings = list(evidence.timings)
            evidence.missing_by = missing_by_keys(source, rule, inquiry.missing_keys, timings)
            evidence.timings = timings


def _missing_by(counted: Mapping[str, Segment], missing: int) -> MissingBy | None:
    if not missing:
        return None
    by_value = {name: {value: each.missing for value, each in segment.items()} for name, segment in counted.items()}
    return {name: largest_first(values, missing) for name, values in by_value.items()}


def _judge_hours(inquiry: Inquiry, evidence: Evidence) -> None:
    window, known = whole_window(inquiry.run, inquiry.rule.mapping), _known_hours(inquiry)
    points = points_of(known, measures_delay=inquiry.measures_delay)
    if inquiry.run.type is CheckType.DEEP:
        evidence.trend = rounded(trend(points, window, inquiry.zone))
    if inquiry.run.type in {CheckType.DEEP, CheckType.RANGE}:
        evidence.onset = rounded(_onset(inquiry, known))
    if window.length <= _LONGEST_JUDGED:
        unusual = volume_findings(points, window, inquiry.zone)
        evidence.findings += unusual[-MOST_VOLUME_FINDINGS:]


def _known_hours(inquiry: Inquiry) -> dict[int, Tally]:
    """Every whole hour of the window and of the eight weeks before it that this or an earlier check has counted."""
    run, rule, store = inquiry.run, inquiry.rule, inquiry.resources.store
    with transaction(store) as connection:
        looked_at = Window(run.window.start - _BASELINE, ceil_to(run.window.end, HOUR))
        stored = stored_hours(connection, rule.id, rule.hash, looked_at)
    known = {int(hour.timestamp()): tally for hour, tally in stored.items()}
    return known | whole_hours(run, rule, inquiry.measured).tallies


def _onset(inquiry: Inquiry, known: dict[int, Tally]) -> dict[str, Any] | None:
    """The fall that stands out most in the window; a deep check also looks for it in the equally long time before.

    A fall that had ended before the window is history, and the search goes on behind it.
    """
    window, tallies = inquiry.run.window, inquiry.measured.hours.tallies
    if inquiry.run.type is CheckType.DEEP:
        first = (window.start - window.length).timestamp()
        tallies = {**tallies, **{start: tally for start, tally in known.items() if start >= first}}
    points = points_of(tallies, measures_delay=inquiry.measures_delay)
    found = onset(points)
    while found and found["until"] and parse_utc(found["until"]) <= window.start:
        points = [point for point in points if point.start >= parse_utc(found["until"])]
        found = onset(points)
    return found


def _comparison(inquiry: Inquiry) -> dict[str, Any]:
    sides = (inquiry.measured.before, inquiry.measured.after)
    before, after = (side_of(side, measures_delay=inquiry.measures_delay) for side in sides)
    compared: dict[str, Any] = rounded(compare(before, after, parse_utc(inquiry.run.options["compare_at"])))
    return compared


def _detail(inquiry: Inquiry) -> dict[str, Any]:
    """The window by hours and by days; rows that would be too many are left out as a whole (None)."""
    counted = {**whole_hours(inquiry.run, inquiry.rule, inquiry.measured).tallies, **inquiry.measured.hours.tallies}
    rows = trend(points_of(counted, measures_delay=inquiry.measures_delay), inquiry.run.window, inquiry.zone)
    chosen = {name: rows[name] if len(rows[name]) <= MOST_ROWS else None for name in ("hourly", "daily")}
    detail: dict[str, Any] = rounded(chosen)
    return detail


def _run_custom_checks(inquiry: Inquiry, evidence: Evidence) -> None:
    rate = completion_rate(inquiry.tally.tasks_with_outputs, inquiry.tally.tasks)
    context = partial(
        Context,
        type=inquiry.run.type,
        rule=inquiry.rule.mapping,
        window=inquiry.run.window,
        as_of=inquiry.run.as_of,
        coverage=evidence.coverage,
        counts=MappingProxyType(measurable_counts(inquiry.tally, inquiry.rule)),
        completion_rate=rate,
        health=health_of(rate, evidence.coverage),
    )
    settings, source = inquiry.resources.settings, inquiry.source
    for name in settings.custom_checks:
        source.on_progress()
        findings, problem = run_custom_check(name, context, source.read, settings.statement_timeout, source.on_progress)
        evidence.findings += findings
        evidence.problems += [problem] if problem else []
