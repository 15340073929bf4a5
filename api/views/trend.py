"""The way things went, hour by hour, from what the checks have kept; the application's tables are not asked."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from consistency.ledger.buckets import HOUR, stored_hours
from consistency.ledger.runs import latest_run
from consistency.mapping import RuleMapping, rule_hash
from consistency.model import CheckType, Window, utc_text
from consistency.stretches import ceil_to
from monitor_tasks.hour_points import points_of, rounded
from monitor_tasks.trends import HourPoint, trend


def hour_points(connection: Connection, rule: RuleMapping, window: Window) -> list[HourPoint]:
    """A point for each hour of the window that a full, deep or range check has counted as a whole; others are gaps."""
    stored = stored_hours(connection, rule.id, rule_hash(rule), window)
    tallies = {int(hour.timestamp()): tally for hour, tally in stored.items()}
    return points_of(tallies, measures_delay=bool(rule.child.created_at))


def trend_of(connection: Connection, rule: RuleMapping, days: int, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """The last `days` days by hours and by days of the zone, against as many days before.

    `onset` and `segments` are what the last deep check found, whose window need not be the same.
    """
    end = ceil_to(now, HOUR)
    window = Window(end - days * 24 * HOUR, end)
    points = hour_points(connection, rule, Window(window.start - window.length, window.end))
    deep = latest_run(connection, rule.id, CheckType.DEEP)
    report = deep.report if deep is not None and deep.report is not None else {}
    return {
        "schema_version": 1,
        "rule": rule.id,
        "as_of": utc_text(now),
        "window": window.as_dict(),
        **rounded(trend(points, window, zone)),
        "check_id": report.get("check_id"),
        "checked_at": report.get("as_of"),
        "onset": report.get("onset"),
        "segments": report.get("segments"),
    }
