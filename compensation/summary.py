"""A run as one JSON object: what `compensate` and `repair apply|status|rollback` print, and what tasks answer with."""

from typing import Any

from sqlalchemy import Connection

from compensation.progress import Progress, plain_counts, progress_of
from compensation.runs import Run
from compensation.states import TAKEN_BACK, RunState
from compensation.undone import result_of
from consistency.database import database_now
from consistency.model import utc_text
from consistency.remarks import Remark

SCHEMA_VERSION = 1


def summary_of(connection: Connection, run: Run) -> dict[str, Any]:
    """The run as it stands; `counts` holds the items by state."""
    progress = progress_of(connection, run, database_now(connection))
    summary = {
        "schema_version": SCHEMA_VERSION,
        "run_id": run.id,
        "rule": run.rule_id,
        "state": str(run.state),
        "reason": run.reason,
        "dry_run": run.dry_run,
        "verdict": verdict(run, progress),
        "scope": scope_object(run),
        "counts": plain_counts(progress.counts),
        "rows_written": progress.rows_written,
        "before": run.before,
        "after": run.after,
        "plan_hash": run.plan_hash,
        "needs_approval": run.needs_approval,
        "created_by": run.created_by,
        "approved_by": run.approved_by,
        "parent_run_id": run.parent_run_id,
        "created_at": utc_text(run.created_at),
        "started_at": utc_text(run.started_at) if run.started_at else None,
        "finished_at": utc_text(run.finished_at) if run.finished_at else None,
        "progress": {
            "open": progress.open,
            "working": progress.working,
            "per_minute": round(progress.rate, 1),
            "eta_seconds": progress.eta_seconds,
            "throttle": run.throttle,
        },
        "problems": [remark.text for remark in problems_of(run, progress.total)],
    }
    return {**summary, **result_of(connection, run.id).as_dict()} if run.state in TAKEN_BACK else summary


def scope_object(run: Run) -> dict[str, Any]:
    """The window of a run, or how many tasks were named."""
    if "task_ids" in run.scope:
        return {"task_ids": len(run.scope["task_ids"])}
    return {"start": run.scope["start"], "end": run.scope["end"]}


def problems_of(run: Run, items: int) -> list[Remark]:
    """What a person should know of a run of so many tasks. Of its reason and its plan the events know the codes."""
    reason = [run.reason] if run.reason and run.state in {RunState.PAUSED, RunState.FAILED} else []
    return [*(Remark(text) for text in (*reason, *run.plan_notes)), *_still_missing(run, items)]


def _still_missing(run: Run, items: int) -> list[Remark]:
    """What a person would overlook behind a good end: the application may have lost more meanwhile."""
    if run.state is not RunState.SUCCEEDED or not run.after:
        return []
    left_out = max(0, run.before["missing"] - items) if run.before and run.parameters.max_tasks is not None else 0
    unknown = run.after["missing"] - left_out
    if unknown <= 0:
        return []
    tasks = (
        "1 task of the scope lacks its output" if unknown == 1 else f"{unknown} tasks of the scope lack their output"
    )
    return [Remark(f"{tasks} that the plan did not know; plan again", "still_missing", {"missing": unknown})]


def verdict(run: Run, progress: Progress) -> str:
    """One line, the state first."""
    done = progress.total - progress.open
    words = {
        RunState.PLANNED: f"{progress.open} tasks would be repaired",
        RunState.RUNNING: f"{done} of {progress.total} tasks are through",
        RunState.PAUSED: run.reason or "",
        RunState.FAILED: run.reason or "",
    }
    text = words.get(run.state, f"{progress.rows_written} rows written, {done} of {progress.total} tasks are through")
    return f"{run.state}: {text}"
