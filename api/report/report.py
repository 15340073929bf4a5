"""The report as one object of JSON values, free of language; docs/reference/reports.md explains every key."""

from datetime import datetime, timedelta
from typing import Any

from api.report.beats import beats_of
from api.report.found import Found, find
from api.report.history import Checked, quick_ones
from api.report.hours import onset_of, trend_of
from api.report.lateness import ranges_of
from api.report.numbers import numbers_of, verdict_of
from api.report.series import seen_by_hour, seen_onset, series_of
from api.report.working import database_work, findings_of, kinds_of, problems_of
from compensation.onlookers import onlooker
from consistency.database import transaction
from consistency.ledger.own_tables import LEDGER
from consistency.ledger.schema import require_current_in
from consistency.model import Window, utc_text
from consistency.resources import Resources

SCHEMA_VERSION = 1


def report_of(resources: Resources, window: Window, rule: str, now: datetime) -> dict[str, Any]:
    """The report of the rule with that id over the window, at the ledger's time `now`.

    Reads the own tables and the day files, and no table of the application. LedgerMissing without own tables.
    """
    with transaction(resources.store.execution_options(readonly=True)) as connection:
        require_current_in(connection, LEDGER)
        found = find(connection, resources, window, rule, now)
        repairs = onlooker(resources, connection)
        told = {"alerts": found.alerts, "repairs": repairs.worked_in(rule, window) if repairs else None}
    return {**_head(found), **numbers_of(found), **_course(found), **told, **_work(found)}


def _head(found: Found) -> dict[str, Any]:
    judged = verdict_of(found)
    return {
        "verdict": judged.pop("verdict"),
        "schema_version": SCHEMA_VERSION,
        "service": found.settings.service,
        "rule": found.mapping.id,
        "rule_hash": found.rule_hash,
        "repairable": bool(found.mapping.child.columns),
        "timezone": found.settings.timezone,
        "window": found.window.as_dict(),
        "as_of": utc_text(found.now),
        **judged,
    }


def _course(found: Found) -> dict[str, Any]:
    trend = trend_of(found.hours, found.zone)
    days, seen, settings = trend.pop("daily"), seen_by_hour(quick_ones(found.current)), found.settings
    return {
        "onset": onset_of(found.hours),
        "onset_seen": seen_onset(seen),
        "trend": trend,
        "days": days,
        "series": series_of(found.hours, seen, found.window, found.zone),
        "beats": beats_of(quick_ones(found.checks), found.window, settings.quick_every, found.now),
        "lateness": _lateness(found),
        "segments": _segments(found.current),
    }


def _lateness(found: Found) -> dict[str, Any] | None:
    if not found.hours.measures_delay:
        return None
    late_after = found.mapping.late_after
    ranges = ranges_of(found.total.delays, late_after)
    return {"late_after_seconds": late_after.total_seconds(), "ranges": ranges}


def _segments(checks: list[Checked]) -> dict[str, Any] | None:
    """Those of the check that looked at most of the time, and of these the latest."""
    check = max((check for check in checks if check.segments), key=_reach, default=None)
    if check is None:
        return None
    named = {"check_id": check.check_id, "type": str(check.type), "as_of": utc_text(check.as_of)}
    return {**named, "window": check.window.as_dict(), "columns": check.segments}


def _reach(check: Checked) -> tuple[timedelta, datetime]:
    return check.window.length, check.as_of


def _work(found: Found) -> dict[str, Any]:
    settings, checks = found.settings, found.checks
    return {
        "database": database_work(checks, found.window, settings.slow_statement, settings.quick_every),
        "findings": findings_of(checks),
        "problems": problems_of(checks),
        "measured": {
            "checks": kinds_of(checks),
            "grace_seconds": found.mapping.grace.total_seconds(),
            "late_after_seconds": found.mapping.late_after.total_seconds(),
            "checks_with_another_rule": len(checks) - len(found.current),
            "checks_from_files": found.from_files,
            "unreadable_lines": found.unreadable,
        },
    }
