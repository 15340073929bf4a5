"""From what has happened to messages on their way: taken in once, then its groups are looked at if they are due.

1. What a report or an event says of alerts, and that it was taken in, are written in one transaction.
2. Each group that is due is looked at in a transaction of its own, which decides and writes the messages.
"""

import logging
from dataclasses import dataclass
from typing import Any

import structlog

from consistency.database import database_now, transaction
from consistency.errors import BadRequest, CheckFailed
from consistency.ledger import runs
from consistency.ledger.repair_events import RepairEvent, find_event, mark_told
from consistency.model import Health
from consistency.patience import patient
from consistency.resources import Resources
from notifiers.alerts.alert import LIVE
from notifiers.alerts.handling import find_alerts
from notifiers.alerts.ingest import ingest, ingest_report
from notifiers.alerts.kinds import MISSING_OUTPUTS
from notifiers.deciding.rounds import flush_due
from notifiers.own_events import keep_check, keep_repair
from notifiers.repair_notices import notice_of
from notifiers.repairs import RepairEnd, observations_after, read_end
from notifiers.routing.notices import add_notice

log = structlog.get_logger(__name__)

MOST_GROUPS = 200
_MOST_ALERTS = 1000
_LOG_LEVELS = {
    Health.HEALTHY: logging.INFO,
    Health.UNKNOWN: logging.WARNING,
    Health.DEGRADED: logging.WARNING,
    Health.UNHEALTHY: logging.ERROR,
}


@dataclass(frozen=True)
class Told:
    """What a task answers with, and the deliveries that are to be sent for it."""

    answer: dict[str, Any]
    deliveries: tuple[str, ...] = ()


def tell_check(resources: Resources, check_id: str) -> Told:
    """Take in what a closed check has found, and look at what is due; a second call takes in nothing."""
    report, first = _take_in(resources, check_id)
    if first:
        level = _LOG_LEVELS[Health(report["health"])]
        told = {"rule": report["rule"], "type": report["type"], "check_id": check_id}
        log.log(level, "check.verdict", verdict=report["verdict"], **told)
    deliveries = tell_due(resources)
    answer = {"verdict": report["verdict"], "check_id": check_id, "told": first, "deliveries": len(deliveries)}
    return Told(answer, deliveries)


@patient
def _take_in(resources: Resources, check_id: str) -> tuple[dict[str, Any], bool]:
    with transaction(resources.store) as connection:
        run = runs.find_run(connection, check_id)
        if run is None or run.report is None:
            raise CheckFailed(f"check {check_id} has no report to tell of")
        now = database_now(connection)
        first = runs.mark(connection, check_id, "notified", now)
        if first:
            keep_check(connection, run.report, resources.settings.service, now)
            ingest_report(connection, resources.settings, run.report, now)
    return run.report, first


def tell_repair(resources: Resources, event_id: int) -> Told:
    """Take in an event of a repair, and look at what is due; a second call takes in nothing."""
    with transaction(resources.reader) as connection:
        event = find_event(connection, event_id)
        if event is None:
            raise BadRequest(f"event_id: there is no event {event_id}")
        end = read_end(connection, event)
    if event.told_at is None:
        _take_in_repair(resources, end)
    # The mark lies in another database, perhaps; whoever dies before it has the event taken in again, to no effect.
    with transaction(resources.primary) as connection:
        first = mark_told(connection, event_id, database_now(connection))
    if first:
        _log_repair(event)
    deliveries = tell_due(resources)
    verdict = f"{event.type}: repair {event.run_id}"
    return Told({"verdict": verdict, "event_id": event_id, "told": first, "deliveries": len(deliveries)}, deliveries)


@patient
def _take_in_repair(resources: Resources, end: RepairEnd) -> None:
    settings = resources.settings
    with transaction(resources.store) as connection:
        now = database_now(connection)
        notice = notice_of(end, settings.service)
        keep_repair(connection, end, notice, settings.service, now)
        live = find_alerts(connection, LIVE, end.rule, limit=_MOST_ALERTS)
        missing = [alert for alert in live if alert.kind == MISSING_OUTPUTS]
        ingest(connection, settings, observations_after(end, missing), now)
        if notice is not None:
            add_notice(connection, settings, f"repair {end.event.id}", notice, now, urgent=True)


def _log_repair(event: RepairEvent) -> None:
    grave = event.type in {"approval_needed", "paused", "failed", "succeeded_with_leftovers", "rolled_back_partial"}
    level = logging.WARNING if grave else logging.INFO
    log.log(level, "repair.told", what=event.type, run_id=event.run_id, actor=event.actor, **event.payload)


def tell_due(resources: Resources) -> tuple[str, ...]:
    """Look at every group that is due; the ids of the deliveries that came of it."""
    return tuple(flush_due(resources.store, resources.settings, MOST_GROUPS))
