"""The last part of a run: everything that was counted becomes one report, and the run is closed with it."""

import time
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from consistency.database import database_now, snapshot, transaction
from consistency.errors import ClaimLost
from consistency.host import BoundRule
from consistency.ledger import parts, runs
from consistency.ledger.buckets import store_hours, stored_hours
from consistency.ledger.quick_state import drop_cursor, load_cursor, open_set
from consistency.model import CheckType, Finding, Level, Window
from consistency.resources import Resources
from consistency.tally import Slots, Tally
from monitor_tasks.insight import add_insight, compare_sides
from monitor_tasks.measured import measure, whole_hours
from monitor_tasks.quick import plan_slices, remember, scan_quickly
from monitor_tasks.report import Evidence, build_report
from monitor_tasks.scan import Source, counted
from monitor_tasks.statements import future_statement, unplaced_statement


def summarise(resources: Resources, run: runs.Run, held: parts.Claim, source: Source) -> None:
    """Close the run with its report, in one transaction with everything the next checks need to know."""
    if run.type is CheckType.QUICK:
        _summarise_quick(resources, run, held, source)
    else:
        _summarise_parts(resources, run, held, source)


def _summarise_quick(resources: Resources, run: runs.Run, held: parts.Claim, source: Source) -> None:
    rule, began = resources.rule(run.rule_id), time.monotonic()
    with transaction(resources.store) as connection:
        cursor = load_cursor(connection, rule.id, rule.hash)
        known = open_set(connection, rule.id)
    plan = plan_slices(run.window, cursor, resources.settings.lookback)
    found = scan_quickly(source, rule, run.as_of, plan, cursor, known)
    tally, evidence = found.scanned.slots().total(), Evidence(timings=found.scanned.timings)
    _look_into_the_future(resources, run, rule, tally, evidence)
    add_insight(resources, run, rule, tally, Slots(), Slots(), evidence)

    def remember_slices(connection: Connection, now: datetime) -> None:
        remember(connection, rule, run.window, found, cursor, known, resources.settings.lookback, now)

    _close(resources, run, held, rule, tally, evidence, began, remember_slices)


def _summarise_parts(resources: Resources, run: runs.Run, held: parts.Claim, source: Source) -> None:
    rule, began = resources.rule(run.rule_id), time.monotonic()
    with transaction(resources.store) as connection:
        measured = measure(run, parts.parts_of(connection, run.id))
        before = Window(run.window.start - run.window.length, run.window.start)
        stored = stored_hours(connection, rule.id, rule.hash, before)
    known = {int(hour.timestamp()): tally for hour, tally in stored.items()}
    history = Slots({**known, **measured.history.tallies})
    tally, evidence = measured.hours.total(), measured.evidence
    source.on_progress()
    _look_into_the_future(resources, run, rule, tally, evidence)
    if evidence.comparison is not None:
        evidence.comparison = compare_sides(evidence.comparison["at"], measured)
    add_insight(resources, run, rule, tally, measured.hours, history, evidence)

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
    with snapshot(resources.read, settings.statement_timeout) as connection:
        future = future_statement(rule, run.as_of, settings.clock_skew_tolerance)
        tally.clock_skew = counted(connection, future, "finish times in the future", timings)
        if run.type is not CheckType.QUICK and rule.done[-1].nullable:
            unplaced = counted(connection, unplaced_statement(rule), "tasks without any finish time", timings)
            if unplaced:
                evidence.problems.append(f"{unplaced} successful tasks have no time in any column of done_at")
    if tally.clock_skew:
        evidence.problems.append(f"{tally.clock_skew} successful tasks finish in the future; is parent.tz right?")
    evidence.timings = timings


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


def summarise_failure(resources: Resources, run: runs.Run, held: parts.Claim, reason: str) -> None:
    """Close a run whose summary cannot be made: nothing is known, and the report says why."""
    evidence = Evidence(coverage=0.0, problems=[reason])
    evidence.findings.append(Finding("database", Level.CRITICAL, reason, "see `reconcilery doctor`"))
    _close(resources, run, held, None, Tally(), evidence, time.monotonic(), lambda _connection, _now: None)
