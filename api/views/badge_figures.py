"""What a badge shows unless a window is named: the verdict of the page on the data."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from api.views.health import health_of_checks
from api.views.overview import latest_checks, telling_check
from consistency.settings import Settings


def figures_of_verdict(
    connection: Connection, settings: Settings, now: datetime, rule_id: str | None = None
) -> dict[str, Any]:
    """The check that the verdict rests on, and the health of the data by all checks, which may be worse.

    With a rule it is as if there were no other. BadRequest for an unknown rule.
    """
    chosen = settings.model_copy(update={"rules": tuple(settings.rule_by_id(rule_id))})
    checks = latest_checks(connection, chosen, now)
    part, check = health_of_checks(chosen, checks), telling_check(checks)
    if check is None or part.get("unchecked"):
        return {"check_id": None, "health": part["status"]}
    report, counts = check["report"], check["report"]["counts"]
    return {
        "check_id": report["check_id"],
        "health": part["status"],
        "stale": bool(part.get("stale")),
        "coverage": report["coverage"],
        "tasks": counts["tasks"],
        "tasks_with_outputs": counts["tasks_with_outputs"],
    }
