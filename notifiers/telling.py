"""What a check found is told once: in the log that on-call people follow, at a level that fits the verdict."""

import logging
from typing import Any

import structlog

from consistency.database import database_now, transaction
from consistency.errors import BadRequest, CheckFailed
from consistency.ledger import runs
from consistency.ledger.repair_events import find_event, mark_told
from consistency.model import Health
from consistency.resources import Resources

log = structlog.get_logger(__name__)

_LOG_LEVELS = {
    Health.HEALTHY: logging.INFO,
    Health.UNKNOWN: logging.WARNING,
    Health.DEGRADED: logging.WARNING,
    Health.UNHEALTHY: logging.ERROR,
}


_GRAVE_EVENTS = {"paused", "failed", "approval_needed", "succeeded_with_leftovers", "rolled_back_partial"}


def tell_repair(resources: Resources, event_id: int) -> dict[str, Any]:
    """Write an event of a repair to the log, and remember that it was told; a second call tells nothing."""
    with transaction(resources.primary) as connection:
        event = find_event(connection, event_id)
        if event is None:
            raise BadRequest(f"event_id: there is no event {event_id}")
        first = mark_told(connection, event_id, database_now(connection))
    if first:
        level = logging.WARNING if event.type in _GRAVE_EVENTS else logging.INFO
        log.log(level, "repair.told", what=event.type, run_id=event.run_id, actor=event.actor, **event.payload)
    return {"verdict": f"{event.type}: repair {event.run_id}", "event_id": event_id, "told": first}


def tell_verdict(resources: Resources, check_id: str) -> dict[str, Any]:
    """Write the verdict of a closed check to the log, and remember that it was told; a second call tells nothing."""
    with transaction(resources.store) as connection:
        run = runs.find_run(connection, check_id)
        if run is None or run.report is None:
            raise CheckFailed(f"check {check_id} has no report to tell of")
        first = runs.mark(connection, check_id, "notified", database_now(connection))
    report = run.report
    if first:
        level = _LOG_LEVELS[Health(report["health"])]
        log.log(
            level, "check.verdict", verdict=report["verdict"], rule=run.rule_id, type=str(run.type), check_id=check_id
        )
    return {"verdict": report["verdict"], "check_id": check_id, "told": first}
