"""Makes the plan of a run: its items with their decisions, what it would change, and whether a person must agree.

Planning reads the application's tables and asks the provider for the first few tasks; it writes to own tables alone.
A plan that was interrupted is made anew from the run's scope.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, delete, insert

from compensation.bench import Bench
from compensation.candidates import Candidate, candidates
from compensation.preview import preview
from compensation.runs import Run, beat, change_state, require_run
from compensation.scopes import Scope
from compensation.states import ItemState, RunState
from consistency.database import database_now, transaction
from consistency.errors import ReconcileryError
from consistency.ledger.repair_tables import repair_items
from consistency.measure import Measured, measure
from consistency.source import source_of

PAGE_ROWS = 1000
#: A share of a few tasks says nothing.
SHARE_COUNTS_FROM = 100


@dataclass(frozen=True)
class _Drawn:
    """What the items of a plan amount to."""

    planned: int
    others: int
    digest: str


def make_plan(bench: Bench, run_id: str, actor: str) -> Run:
    """Fill a run that is being planned; it is then planned, or failed with the reason if that was not possible."""
    engine = bench.resources.primary
    with transaction(engine) as connection:
        run = require_run(connection, run_id)
        if run.state is not RunState.PLANNING:
            return run
        connection.execute(delete(repair_items).where(repair_items.c.run_id == run_id))
    try:
        return _fill(bench, run, actor)
    except ReconcileryError as error:
        with transaction(engine) as connection:
            reason = str(error)[:500]
            change_state(connection, run, RunState.FAILED, actor, payload={"reason": reason}, reason=reason)
        raise


def _fill(bench: Bench, run: Run, actor: str) -> Run:
    engine, scope = bench.resources.primary, Scope.from_dict(run.scope)
    source = source_of(bench.resources)
    with transaction(bench.resources.reader) as connection:
        as_of = database_now(connection)
    before = measure(source, bench.rule, scope.window or _keys(bench, scope), as_of)
    drawn = _draw(bench, run, candidates(source, bench.rule, scope, as_of))
    notes = _notes(run, drawn, before) + preview(bench, run)
    approval = _needs_approval(run, drawn.planned, before)
    columns = {
        "plan_hash": drawn.digest,
        "planned_at": as_of,
        "plan_notes": json.dumps(notes, ensure_ascii=False),
        "needs_approval": approval,
        "before": json.dumps(before.as_dict()),
    }
    payload = {"tasks": drawn.planned, "needs_approval": approval, **before.as_dict()}
    with transaction(engine) as connection:
        event = "approval_needed" if approval and not run.dry_run else "planned"
        change_state(connection, run, RunState.PLANNED, actor, event=event, payload=payload, **columns)
        return require_run(connection, run.id)


def _keys(bench: Bench, scope: Scope) -> list[object]:
    return [bench.rule.parse_key(text) for text in scope.ids]


def _draw(bench: Bench, run: Run, found: Iterator[Candidate]) -> _Drawn:
    """Write the items, a page a transaction; only a page of them is in memory."""
    digest, planned, others, most = hashlib.sha256(), 0, 0, run.parameters.max_tasks
    while most is None or planned < most:
        page = list(islice(found, PAGE_ROWS if most is None else min(PAGE_ROWS, most - planned)))
        if not page:
            break
        for each in page:
            digest.update(f"{each.task_key}\t{each.precondition}\t{each.state}\n".encode())
            planned += each.state is ItemState.PENDING
            others += each.state is not ItemState.PENDING
        with transaction(bench.resources.primary) as connection:
            _insert(connection, run.id, page)
            beat(connection, run.id)
        bench.on_item()
    return _Drawn(planned, others, digest.hexdigest())


def _insert(connection: Connection, run_id: str, page: list[Candidate]) -> None:
    now = database_now(connection)
    connection.execute(insert(repair_items), [_row(run_id, each, now) for each in page])


def _row(run_id: str, each: Candidate, now: datetime) -> dict[str, Any]:
    ended = each.state is not ItemState.PENDING
    return {
        "run_id": run_id,
        "task_key": each.task_key,
        "provider_task_id": each.provider_task_id,
        "done_at": each.done_at,
        "precondition": each.precondition,
        "state": each.state,
        "epoch": 0,
        "attempts": 0,
        "losses": 0,
        "outcome_code": each.code or None,
        "outcome_detail": each.detail or None,
        "finished_at": now if ended else None,
    }


def _notes(run: Run, drawn: _Drawn, before: Measured) -> list[str]:
    notes = []
    if drawn.others:
        notes.append(f"{drawn.others} tasks need no repair or cannot have one; see their outcomes")
    beyond = before.missing - drawn.planned - drawn.others
    if run.parameters.max_tasks is not None and drawn.planned >= run.parameters.max_tasks and beyond > 0:
        notes.append(f"{beyond} more tasks lack their output, beyond --max-tasks {run.parameters.max_tasks}")
    return notes


def _needs_approval(run: Run, planned: int, before: Measured) -> str | None:
    cap, share = run.parameters.cap, run.parameters.share
    if planned > cap:
        return f"{planned} tasks are more than the cap of {cap} (repair_cap)"
    if planned >= SHARE_COUNTS_FROM and planned > share * before.tasks:
        return f"{planned} of {before.tasks} tasks are more than {share:.0%} of the window (repair_share)"
    return None
