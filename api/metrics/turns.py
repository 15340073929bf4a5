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
    known = [((each.rule, str(each.kind)), each) for each in latest if each.check is not None]
    last_run = ((labels, _last_end(connection, *labels, 1, whole=False)) for labels, _ in known)
    last_success = ((labels, _last_success(connection, *labels, each)) for labels, each in known)
    every = (((str(kind),), length.total_seconds()) for kind, length in periods(settings).items())
    run, success = "When the latest check ended.", "When the latest check ended that could measure everything."
    return [
        gauge("check_last_run_timestamp_seconds", run, _CHECK, last_run),
        gauge("check_last_success_timestamp_seconds", success, _CHECK, last_success),
        gauge("check_period_seconds", "How often the check should come.", ("check",), every),
        gauge("schedule_lag_seconds", "How long the check is overdue.", _CHECK, _lags(connection, settings, now)),
    ]


def _last_success(connection: Connection, rule: str, kind: str, latest: Latest) -> float | None:
    return _last_end(connection, rule, kind, 1 if latest.report["coverage"] >= 1 else _RECENT, whole=True)


def _last_end(connection: Connection, rule: str, kind: str, limit: int, *, whole: bool) -> float | None:
    mine = (check_runs.c.rule_id == rule) & (check_runs.c.type == kind) & (check_runs.c.state == CLOSED)
    closed = select(check_runs.c.closed_at, check_runs.c.report).where(mine)
    rows = connection.execute(closed.order_by(check_runs.c.closed_at.desc()).limit(limit))
    ends = (row.closed_at.timestamp() for row in rows if not whole or json.loads(row.report)["coverage"] >= 1)
    return next(ends, None)


def _lags(connection: Connection, settings: Settings, now: datetime) -> Rows:
    entries = [entry for entry in timetable() if entry.check in periods(settings)]
    for entry, shown in zip(entries, schedule_overview(connection, settings, entries, now), strict=True):
        for last in shown["last"]:
            yield (last["rule"], str(entry.check)), last["lag_seconds"]
