"""Reports of checks, as the checks write them."""

from datetime import datetime, timedelta
from typing import Any

from consistency.model import utc_text
from consistency.rules import completion_rate, health_of, level_of, verdict, wilson_interval
from tests.factories.observing import BEGIN


def report_of(
    missing: int = 31,
    tasks: int = 378,
    kind: str = "quick",
    as_of: datetime = BEGIN,
    findings: list[dict[str, Any]] | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """A report of which so many of its tasks lack their output; `changes` replace single keys."""
    rate, interval = completion_rate(tasks - missing, tasks), wilson_interval(tasks - missing, tasks)
    counts = {"tasks": tasks, "tasks_with_outputs": tasks - missing, "missing": missing, "late": 6}
    report: dict[str, Any] = {
        "verdict": verdict(tasks=tasks, with_outputs=tasks - missing, late=6),
        "check_id": f"{kind} at {utc_text(as_of)}",
        "type": kind,
        "rule": "task-outputs",
        "window": {"start": utc_text(as_of - timedelta(hours=1)), "end": utc_text(as_of)},
        "as_of": utc_text(as_of),
        "coverage": 1.0,
        "counts": counts,
        "completion_rate": rate,
        "confidence": [round(bound, 4) for bound in interval] if interval else None,
        "health": health_of(rate),
        "level": level_of(rate, missing),
        "missing_sample": [str(number) for number in range(min(missing, 20))],
        "findings": findings or [],
        "onset": None,
        "problems": [],
    }
    return {**report, **changes}


def finding(source: str = "database", level: str = "medium", message: str = "slow", fix: str = "") -> dict[str, Any]:
    """One finding of a report."""
    return {"source": source, "level": level, "message": message, "fix": fix}
