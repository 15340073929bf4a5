"""Checks as they are shown: each on a line, one with everything that is known of it."""

from typing import Any

from sqlalchemy import Connection

from consistency.ledger import parts
from consistency.ledger.overview import is_taken, task_of
from consistency.ledger.runs import RUNNING, Run, find_run
from consistency.model import utc_text
from consistency.remarks import reason_values

QUEUED = "queued"
_COUNTED = ("tasks", "missing", "late")
_JUDGED = ("verdict", "health", "level", "coverage", "completion_rate", "confidence")

Record = dict[str, Any]


def check_line(run: Run) -> Record:
    """A run with what its report says in short; `status` is running, closed or cancelled."""
    report: Record = run.report or {}
    counts = report.get("counts") or {}
    return {
        "check_id": run.id,
        "rule": run.rule_id,
        "type": str(run.type),
        "status": run.state,
        "created_at": utc_text(run.created_at),
        "closed_at": utc_text(run.closed_at) if run.closed_at else None,
        "as_of": utc_text(run.as_of),
        "window": run.window.as_dict(),
        **{name: report.get(name) for name in _JUDGED},
        "counts": {name: counts.get(name) for name in _COUNTED} if report else None,
    }


def check_status(connection: Connection, run: Run) -> str:
    """`queued` while no worker has taken it, else running, closed or cancelled."""
    return QUEUED if run.state == RUNNING and not is_taken(connection, run.id) else run.state


def check_record(connection: Connection, run_id: str) -> Record | None:
    """Everything: how far it is, its parts that could not be measured, its report; None if there is no such run."""
    run = find_run(connection, run_id)
    if run is None:
        return None
    done, total = parts.progress(connection, run.id)
    return {
        "schema_version": 1,
        **check_line(run),
        "status": check_status(connection, run),
        "task_id": task_of(connection, run.id),
        "parts_done": done,
        "parts": total,
        "unmeasured": _unmeasured(connection, run.id),
        "report": run.report,
    }


def _unmeasured(connection: Connection, run_id: str) -> list[Record]:
    ended = [part for part in parts.parts_of(connection, run_id) if part.state == parts.INCOMPLETE]
    return [{"window": part.window.as_dict(), **reason_values(part.remark)} for part in ended]
