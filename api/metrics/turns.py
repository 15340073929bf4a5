"""Whether the checks come when they should: when they last came, how often they should, and how much they lag."""

import json
from collections.abc import Sequence
from datetime import datetime

from prometheus_client.metrics_core import Metric
from sqlalchemy import Connection, select

from api.metrics.families import Rows, gauge
from api.metrics.windows import Latest
from api.views.overview import periods, schedule_overview
from consistency.ledger.runs import CLOSED
from consistency.ledger.tables import check_runs
from consistency.settings import Settings
from monitor_tasks.timetable import timetable

#: Further back a check that could measure everything is not looked for.
_RECENT = 50
_CHECK = ("rule", "check")


def turn_metrics(connection: Connection, settings: Settings, latest: Sequence[Latest], now: datetime) -> list[Metric]:
    """The families of the schedule; what never came has no moment."""
    last_run = ((_labels(each), _ended(each, now)) for each in latest)
    last_success = ((_labels(each), _last_whole(connection, each, now)) for each in latest)
    every = (((str(kind),), length.total_seconds()) for kind, length in periods(settings).items())
    return [
        gauge("check_last_run_timestamp_seconds", "When the latest check ended.", _CHECK, last_run),
        gauge(
            "check_last_success_timestamp_seconds",
            "When the latest check ended that could measure everything.",
            _CHECK,
            last_success,
        ),
        gauge("check_period_seconds", "How often the check should come.", ("check",), every),
        gauge("schedule_lag_seconds", "How long the check is overdue.", _CHECK, _lags(connection, settings, now)),
    ]


def _labels(latest: Latest) -> tuple[str, str]:
    return latest.rule, str(latest.kind)


def _ended(latest: Latest, now: datetime) -> float | None:
    return now.timestamp() - latest.check["age_seconds"] if latest.check else None


def _last_whole(connection: Connection, latest: Latest, now: datetime) -> float | None:
    if latest.check is None or latest.report["coverage"] >= 1:
        return _ended(latest, now)
    mine = (check_runs.c.rule_id == latest.rule) & (check_runs.c.type == str(latest.kind))
    closed = select(check_runs.c.closed_at, check_runs.c.report).where(mine, check_runs.c.state == CLOSED)
    rows = connection.execute(closed.order_by(check_runs.c.closed_at.desc()).limit(_RECENT))
    return next((row.closed_at.timestamp() for row in rows if json.loads(row.report)["coverage"] >= 1), None)


def _lags(connection: Connection, settings: Settings, now: datetime) -> Rows:
    entries = [entry for entry in timetable() if entry.check in periods(settings)]
    for entry, shown in zip(entries, schedule_overview(connection, settings, entries, now), strict=True):
        for last in shown["last"]:
            yield (last["rule"], str(entry.check)), last["lag_seconds"]
