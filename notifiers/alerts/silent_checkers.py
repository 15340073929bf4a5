"""Checks that have fallen silent are an alert of their own, and never a sign that anything is well again."""

import json
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Connection, func, select

from consistency.durations import duration_text
from consistency.ledger import runs
from consistency.ledger.alert_tables import alerts
from consistency.ledger.tables import check_runs
from consistency.model import SCHEDULED, CheckType, Level, utc_text
from consistency.settings import Settings
from notifiers.alerts import acting
from notifiers.alerts.acting import MISSED_PERIODS
from notifiers.alerts.alert import LIVE
from notifiers.alerts.ingest import Ingested, change_all
from notifiers.alerts.kinds import CHECKER_SILENT
from notifiers.alerts.observation import Observation, Sight
from notifiers.alerts.reading import period_of
from notifiers.alerts.storing import UNSETTLED

#: The first time may be a start after a long stop, when everything is late for a moment.
_SIGHTINGS = 2
_LOOKED_AT = 20


def silent_checkers(connection: Connection, settings: Settings, now: datetime) -> list[Observation]:
    """A bad observation of each rule and check type without a whole report for three periods; good where one is back.

    While a check is silent, there is one observation a period, however often this is asked.
    """
    chosen = select(alerts.c.fingerprint).where(alerts.c.kind == CHECKER_SILENT, UNSETTLED)
    told = set(connection.scalars(chosen))
    seen = [_seen(connection, settings, rule.id, kind, now) for rule in settings.rules for kind in SCHEDULED]
    return [each for each in seen if each and (each.verdict is Sight.BAD or each.fingerprint in told)]


def mark_stale(connection: Connection, settings: Settings, now: datetime) -> Ingested:
    """Mark the alerts that are not observed any more; they go on firing."""
    observed = alerts.c.state.in_(sorted(LIVE)) & alerts.c.every.is_not(None) & alerts.c.stale.is_(False)
    shortest = min(period_of(kind, settings) for kind in SCHEDULED)
    missed = observed & (alerts.c.last_seen_at < now - MISSED_PERIODS * shortest)
    return change_all(connection, settings, missed, lambda alert: acting.go_stale(alert, now), now)


def _seen(connection: Connection, settings: Settings, rule: str, kind: CheckType, now: datetime) -> Observation | None:
    every = period_of(kind, settings)
    since = _silent_since(connection, rule, kind, every)
    if since is None:
        return None
    thing: dict[str, Any] = {
        "kind": CHECKER_SILENT,
        "service": settings.service,
        "rule": rule,
        "labels": {"check": str(kind)},
    }
    if now - since <= MISSED_PERIODS * every:
        return Observation(verdict=Sight.GOOD, at=now, **thing)
    return Observation(
        verdict=Sight.BAD,
        level=Level.HIGH,
        at=since + (now - since) // every * every,
        summary=f"no whole {kind} check of {rule} since {utc_text(since)}; one is due every {duration_text(every)}",
        details={
            "silent_since": utc_text(since),
            "due_every": int(every.total_seconds()),
            "command": "reconcilery status",
        },
        bad_needed=_SIGHTINGS,
        **thing,
    )


def _silent_since(connection: Connection, rule: str, kind: CheckType, every: timedelta) -> datetime | None:
    """When the last whole report came, or since when one has been due; None where nobody expects one."""
    mine = (check_runs.c.rule_id == rule) & (check_runs.c.type == kind) & (check_runs.c.state == runs.CLOSED)
    chosen = select(check_runs.c.id, check_runs.c.closed_at).where(mine).order_by(check_runs.c.closed_at.desc())
    latest = connection.execute(chosen.limit(_LOOKED_AT)).all()
    for row in latest:
        if _is_whole(connection, row.id):
            return cast("datetime", row.closed_at)
    return latest[-1].closed_at if latest else _others_ran_since(connection, rule, every)


def _is_whole(connection: Connection, run_id: str) -> bool:
    report: str | None = connection.scalar(select(check_runs.c.report).where(check_runs.c.id == run_id))
    return report is not None and float(json.loads(report)["coverage"]) >= 1


def _others_ran_since(connection: Connection, rule: str, every: timedelta) -> datetime | None:
    """Since when other checks of the rule ran, if for so long that this one should have run as well."""
    bounds = func.min(check_runs.c.closed_at).label("first"), func.max(check_runs.c.closed_at).label("last")
    others = (check_runs.c.rule_id == rule) & check_runs.c.type.in_(SCHEDULED) & (check_runs.c.state == runs.CLOSED)
    row = connection.execute(select(*bounds).where(others)).one()
    if row.first is None or row.last - row.first <= MISSED_PERIODS * every:
        return None
    return cast("datetime", row.first)
