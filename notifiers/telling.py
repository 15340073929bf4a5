"""What a check found is told once: in the log that on-call people follow, at a level that fits the verdict."""

import logging
from typing import Any

import structlog

from consistency.database import database_now, transaction
from consistency.errors import CheckFailed
from consistency.ledger import runs
from consistency.model import Health
from consistency.resources import Resources

log = structlog.get_logger(__name__)

_LOG_LEVELS = {
    Health.HEALTHY: logging.INFO,
    Health.UNKNOWN: logging.WARNING,
    Health.DEGRADED: logging.WARNING,
    Health.UNHEALTHY: logging.ERROR,
}


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
