"""The last part of a run: everything that was counted becomes one report, and the run is closed with it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection

from consistency.database import database_now, snapshot, transaction
from consistency.errors import ClaimLost, MappingError, StatementTimeout
from consistency.host import BoundRule
from consistency.ledger import parts, runs
from consistency.ledger.buckets import store_hours
from consistency.ledger.quick_state import Cursor, OpenGap, drop_cursor, load_cursor, open_set
from consistency.model import CheckType, Finding, Level
from consistency.remarks import Remark, reason_values, remark_of
from consistency.resources import Resources
from consistency.source import Source
from consistency.tally import Slots, Tally
from monitor_tasks.hour_points import by_hour
from monitor_tasks.insight import Inquiry, add_insight
from monitor_tasks.measured import Measured, measure, whole_hours
from monitor_tasks.quick import plan_slices, remember, scan_quickly
from monitor_tasks.report import Evidence, build_report
from monitor_tasks.scan import counted
from monitor_tasks.statements import future_statement, unplaced_statement


def rule_of(resources: Resources, run: runs.Run) -> BoundRule:
    """The rule that the run was started with; parts counted by two different rules would not add up to anything."""
    rule = resources.rule(run.rule_id)
    if rule.hash != run.rule_hash:
        changed = f"rules.{rule.id}: the rule was changed while the check was running; check again"
        raise MappingError(changed, "rule_changed", rule=rule.id)
    return rule


def summarise(resources: Resources, run: runs.Run, held: parts.Claim, source: Source) -> None:
    """Close the run with its report, in one transaction with everything the next checks need to know."""
    rule, began = rule_of(resources, run), time.monotonic()
    with transaction(resources.store) as connection:
        in_one_go = run.type is CheckType.QUICK and not parts.has_scans(connection, run.id)
        cursor = load_cursor(connection, rule.id, rule.hash) if in_one_go else None
        known = open_set(connection, rule.id) if in_one_go else []
        ended = [] if in_one_go else parts.parts_of(connection, run.id)
    if in_one_go:
        _summarise_quick(resources, run, held, source, rule, began, cursor, known)
    else:
        _summarise_parts(resources, run, held, source, rule, began, measure(run, ended))


def _summarise_quick(
    resources: Resources,
    run: runs.Run,
    held: parts.Claim,
    source: Source,
    rule: BoundRule,
    began: float,
    cursor: Cursor | None,
    known: list[OpenGap],
) -> None:
    behind = max(resources.settings.lookback, rule.mapping.grace)
    plan = plan_slices(run.window, cursor, behind)
    found = scan_quickly(source, rule, run.as_of, plan, cursor, known)
    tally, evidence = found.scanned.total(), Evidence(timings=found.scanned.timings)
    hours = by_hour(found.scanned.slots()) if run.options.get("detailed") else Slots()
    measured = Measured(hours=hours, covered=[run.window])
    _look_into_the_future(resources, run, rule, tally, evidence)
    inquiry = Inquiry(resources, source, run, rule, measured, tally, missing_keys=tuple(found.open_now))
    add_insight(inquiry, evidence)

    def remember_slices(connection: Connection, now: datetime) -> None:
        remember(connection, rule, run.window, found, cursor, known, behind, now)

    _close(resources, run, held, rule, tally, evidence, began, remember_slices)


def _summarise_parts(
    resources: Resources,
    run: runs.Run,
    held: parts.Claim,
    source: Source,
    rule: BoundRule,
    began: float,
    measured: Measured,
) -> None:
    tally, evidence = measured.hours.total(), measured.evidence
    source.on_progress()
    _look_into_the_future(resources, run, rule, tally, evidence)
    add_insight(Inquiry(resources, source, run, rule, measured, tally), evidence)

    def keep_hours(connection: Connection, now: datetime) -> None:
        store_hours(connection, rule.id, rule.hash, whole_hours(run, rule, measured), now)
        if run.type is not CheckType.RANGE:
            drop_cursor(connection, rule.id)

    _close(resources, run, held, rule, tally, evidence, began, keep_hours)


def _look_into_the_future(
    resources: Resources, run: runs.Run, rule: BoundRule, tally: Tally, evidence: Evidence
) -> None:
    """Count what no window holds: finish times in the future, and successful tasks without any finish time."""
    if run.window.end < run.as_of:
        return
    settings, timings = resources.settings, list(evidence.timings)
    with _or_unmeasured(evidence), snapshot(resources.read, settings.statement_timeout) as connection:
        future = future_statement(rule, run.as_of, settings.clock_skew_tolerance)
        tally.clock_skew = counted(connection, future, "finish times in the future", timings)
        if run.type is not CheckType.QUICK and rule.done[-1].nullable:
            unplaced = counted(connection, unplaced_statement(rule), "tasks without any finish time", timings)
            if unplaced:
                evidence.problems.append(_unplaced(unplaced))
    if tally.clock_skew:
        evidence.problems.append(_in_the_future(tally.clock_skew))
    evidence.timings = timings


def _unplaced(tasks: int) -> Remark:
    text = f"{tasks} successful tasks have no time in any column of done_at"
    return Remark(text, "tasks_without_time", {"tasks": tasks})


def _in_the_future(tasks: int) -> Remark:
    text = f"{tasks} successful tasks finish in the future; is parent.tz right?"
    return Remark(text, "tasks_in_the_future", {"tasks": tasks})


@contextmanager
def _or_unmeasured(evidence: Evidence) -> Iterator[None]:
    """These two statements read by no window; without their index they can be too slow where all others are not."""
    try:
        yield
    except StatementTimeout as error:
        evidence.unmeasured.append("clock_skew")
        text, reason = f"finish times in the future were not looked for: {error}", reason_values(remark_of(error))
        evidence.problems.append(Remark(text, "future_not_looked_for", reason))


def _close(
    resources: Resources,
    run: runs.Run,
    held: parts.Claim,
    rule: BoundRule | None,
    tally: Tally,
    evidence: Evidence,
    began: float,
    and_also: Callable[[Connection, datetime], None],
) -> None:
    with transaction(resources.store) as connection:
        now = database_now(connection)
        if not parts.finish(connection, held, {}, time.monotonic() - began):
            raise ClaimLost(f"the summary of run {run.id} is somebody else's now")
        and_also(connection, now)
        runs.close_run(connection, run.id, build_report(run, rule, tally, evidence, now), now)


def summarise_failure(resources: Resources, run: runs.Run, held: parts.Claim, reason: Remark) -> None:
    """Close a run whose summary cannot be made: nothing is known, and the report says why."""
    evidence = Evidence(coverage=0.0, problems=[reason])
    known = ("not_measured", reason_values(reason))
    evidence.findings.append(Finding("database", Level.CRITICAL, reason.text, "see `reconcilery doctor`", *known))
    _close(resources, run, held, None, Tally(), evidence, time.monotonic(), lambda _connection, _now: None)
