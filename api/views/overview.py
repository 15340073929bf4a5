"""What `status` and `schedule show` tell, as plain values: collected once, printed as JSON or as text."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from consistency.ledger import parts
from consistency.ledger.overview import last_scheduled, open_runs
from consistency.ledger.runs import Run, latest_runs
from consistency.model import SCHEDULED, CheckType, Health, utc_text
from consistency.settings import Settings
from monitor_tasks.timetable import Entry, latest_turn

_GRAVEST_FIRST = (Health.UNHEALTHY, Health.DEGRADED, Health.UNKNOWN, Health.HEALTHY)


def schedule_overview(
    connection: Connection, settings: Settings, entries: Sequence[Entry], now: datetime
) -> list[dict[str, Any]]:
    """Every entry with its next turn and, for checks, the last run of each rule and how much it lags behind."""
    return [_entry_overview(connection, settings, entry, now) for entry in entries]


def _entry_overview(connection: Connection, settings: Settings, entry: Entry, now: datetime) -> dict[str, Any]:
    kind = entry.check
    found = [last_scheduled(connection, rule.id, kind) for rule in settings.rules] if kind else []
    last_runs = [run for run in found if run is not None]
    next_turn = entry.next_turn(now, latest_turn(last_runs))
    return {
        "name": entry.name,
        "task": entry.task,
        "when": entry.when,
        "next": utc_text(next_turn.replace(microsecond=0)) if next_turn else None,
        "last": [_last_turn(run, entry, now) for run in last_runs],
    }


def _last_turn(run: Run, entry: Entry, now: datetime) -> dict[str, Any]:
    lag = entry.lag(now, run.created_at)
    return {
        "rule": run.rule_id,
        "check_id": run.id,
        "at": utc_text(run.created_at),
        "state": run.state,
        "health": run.report["health"] if run.report else None,
        "verdict": run.report["verdict"] if run.report else None,
        "lag_seconds": round(lag.total_seconds(), 1) if lag is not None else None,
    }


def periods(settings: Settings) -> dict[CheckType, timedelta]:
    """How often each scheduled kind of check runs."""
    daily = timedelta(days=1)
    return {CheckType.QUICK: settings.quick_every, CheckType.FULL: settings.full_every, CheckType.DEEP: daily}


def latest_checks(connection: Connection, settings: Settings, now: datetime) -> list[dict[str, Any]]:
    """The latest report of each rule and kind; a scheduled one is stale when it is older than two of its periods."""
    every, found = periods(settings), []
    for rule in settings.rules:
        for run in latest_runs(connection, rule.id):
            if run.report is not None and run.closed_at is not None:
                age = now - run.closed_at
                stale = run.type in every and age > 2 * every[run.type]
                found.append(
                    {
                        "rule": rule.id,
                        "type": str(run.type),
                        "age_seconds": round(age.total_seconds(), 1),
                        "stale": stale,
                        "health": str(Health.UNKNOWN) if stale else run.report["health"],
                        "report": run.report,
                    }
                )
    return found


def unchecked_rules(settings: Settings, checks: Sequence[dict[str, Any]]) -> list[str]:
    """The rules of which no scheduled check has ended yet."""
    known = {check["rule"] for check in checks if check["type"] != CheckType.RANGE}
    return [rule.id for rule in settings.rules if rule.id not in known]


def overall_health(checks: Sequence[dict[str, Any]], unchecked: Sequence[str] = ()) -> Health:
    """The gravest health of the scheduled checks; unknown where there are none, or none of some rule.

    A check that saw for certain that no task had finished says nothing, as long as another one says something.
    """
    scheduled = [check for check in checks if check["type"] != CheckType.RANGE]
    telling = [check for check in scheduled if not _is_idle(check)]
    seen = {check["health"] for check in telling or scheduled} | ({str(Health.UNKNOWN)} if unchecked else set())
    return next((health for health in _GRAVEST_FIRST if health in seen), Health.UNKNOWN)


def telling_check(checks: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The scheduled check that decides how the data are: the shortest of those that are as bad as all together."""
    scheduled = [check for check in checks if check["type"] in SCHEDULED]
    if not scheduled:
        return None
    gravest = overall_health(scheduled)
    fitting = [check for check in scheduled if check["health"] == gravest] or scheduled
    busy = [check for check in fitting if check["stale"] or check["report"]["counts"]["tasks"]]
    return min(busy or fitting, key=lambda check: SCHEDULED.index(CheckType(check["type"])))


def _is_idle(check: dict[str, Any]) -> bool:
    report = check.get("report")
    return report is not None and not check["stale"] and report["coverage"] >= 1 and report["counts"]["tasks"] == 0


def running(connection: Connection) -> list[dict[str, Any]]:
    """The runs that have not ended, with their progress."""
    found = []
    for run in open_runs(connection):
        done, total = parts.progress(connection, run.id)
        named = {"check_id": run.id, "rule": run.rule_id, "type": str(run.type), "since": utc_text(run.created_at)}
        found.append({**named, "parts_done": done, "parts": total})
    return found
