"""Repair runs as they are shown, from their own tables alone, which live in the application's database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from compensation.answers import answer_of
from compensation.progress import plain_counts
from compensation.runs import Run, find_runs
from compensation.states import REDRIVABLE, ItemState, RunState, may_follow
from compensation.summary import scope_object, summary_of
from consistency.ledger.repair_events import RepairEvent, events_of
from consistency.ledger.repair_tables import repair_items, repair_journal
from consistency.model import utc_text

Record = dict[str, Any]

_ENDED = frozenset({RunState.SUCCEEDED, RunState.SUCCEEDED_WITH_LEFTOVERS, RunState.CANCELLED, RunState.FAILED})
_PLAIN = ("reason", "dry_run", "needs_approval", "created_by", "approved_by", "parent_run_id", "before", "after")
#: How many of the rows that were written for an item are still there.
_STANDING_ROWS = (
    select(func.count())
    .where(repair_journal.c.item_id == repair_items.c.id, repair_journal.c.undone == 0)
    .scalar_subquery()
    .label("rows_written")
)
_ITEM = ("id", "task_key", "provider_task_id", "state", "outcome_code", "outcome_detail", "attempts", "done_at")


def repair_lines(
    connection: Connection,
    limit: int,
    rule_id: str | None = None,
    state: RunState | None = None,
    after: tuple[datetime, str] | None = None,
) -> list[Record]:
    """The newest runs first; `after` is the `created_at` and `id` of the run behind which the list begins."""
    runs = find_runs(connection, limit, rule_id, state, after)
    counts, written = _counts(connection, runs), _written(connection, runs)
    return [repair_line(run, counts.get(run.id, {}), written.get(run.id, 0)) for run in runs]


def repair_line(run: Run, counts: dict[ItemState, int], rows_written: int) -> Record:
    """One run in short; `counts` holds its items by state."""
    moments = ("created_at", "planned_at", "started_at", "finished_at")
    return {
        "run_id": run.id,
        "rule": run.rule_id,
        "state": str(run.state),
        "scope": scope_object(run),
        "counts": plain_counts(counts),
        "rows_written": rows_written,
        **{name: getattr(run, name) for name in _PLAIN},
        **{name: _text(getattr(run, name)) for name in moments},
    }


def _counts(connection: Connection, runs: Sequence[Run]) -> dict[str, dict[ItemState, int]]:
    columns, found = repair_items.c, dict[str, dict[ItemState, int]]()
    chosen = select(columns.run_id, columns.state, func.count()).where(columns.run_id.in_([run.id for run in runs]))
    for run_id, state, number in connection.execute(chosen.group_by(columns.run_id, columns.state)):
        found.setdefault(run_id, {})[ItemState(state)] = number
    return found


def _written(connection: Connection, runs: Sequence[Run]) -> dict[str, int]:
    columns = repair_journal.c
    mine = columns.run_id.in_([run.id for run in runs]) & (columns.undone == 0)
    rows = connection.execute(select(columns.run_id, func.count()).where(mine).group_by(columns.run_id))
    return {row[0]: row[1] for row in rows}


def repair_record(connection: Connection, run: Run) -> Record:
    """Everything that is known of a run: its summary, its history, and what can be done with it now."""
    summary = summary_of(connection, run)
    history = [repair_event(event) for event in events_of(connection, run.id)]
    return {**summary, "planned_at": _text(run.planned_at), "can": possible_acts(summary), "events": history}


def possible_acts(summary: Record) -> list[str]:
    """What the state of a run allows: apply, pause, resume, cancel, redrive, rollback."""
    state = RunState(summary["state"])
    acts = {"apply": state is RunState.PLANNED, "pause": state is RunState.RUNNING}
    acts |= {"resume": state is RunState.PAUSED, "cancel": may_follow(state, RunState.CANCELLED)}
    acts["redrive"] = state in _ENDED and any(summary["counts"].get(each) for each in REDRIVABLE)
    acts["rollback"] = bool(summary["rows_written"]) and may_follow(state, RunState.ROLLING_BACK)
    return [act for act, possible in acts.items() if possible]


def repair_event(event: RepairEvent) -> Record:
    """One line of the history of a run."""
    at = utc_text(event.created_at)
    return {"seq": event.seq, "type": event.type, "actor": event.actor, "at": at, "payload": event.payload}


def item_lines(
    connection: Connection,
    run_id: str,
    limit: int,
    state: ItemState | None = None,
    after: int = 0,
    *,
    with_outputs: bool = False,
) -> list[tuple[int, Record]]:
    """The tasks of a run in the order of its plan, each with the number behind which a next page begins.

    `with_outputs` adds what the provider answered, as far as that is kept: `[{"key": …, "fields": {…}}]` or None.
    """
    names = [*_ITEM, "finished_at", *(["outputs"] if with_outputs else [])]
    chosen = select(*(repair_items.c[name] for name in names), _STANDING_ROWS).where(repair_items.c.run_id == run_id)
    if state is not None:
        chosen = chosen.where(repair_items.c.state == state)
    page = chosen.where(repair_items.c.id > after).order_by(repair_items.c.id).limit(limit)
    return [(row["id"], _item(dict(row))) for row in connection.execute(page).mappings()]


def _item(row: Record) -> Record:
    item = {
        "task_id": row["task_key"],
        "provider_task_id": row["provider_task_id"],
        "state": row["state"],
        "code": row["outcome_code"],
        "detail": row["outcome_detail"],
        "attempts": row["attempts"],
        "rows_written": row["rows_written"],
        "task_finished_at": _text(row["done_at"]),
        "finished_at": _text(row["finished_at"]),
    }
    return {**item, "outputs": _outputs(row["outputs"])} if "outputs" in row else item


def _outputs(text: str | None) -> list[Record] | None:
    return [{"key": each.key, "fields": dict(each.fields)} for each in answer_of(text).outputs] if text else None


def _text(moment: datetime | None) -> str | None:
    return utc_text(moment) if moment else None
