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

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from compensation.bench import Bench
from compensation.copying import copied
from compensation.plans.candidates import Candidate, candidates
from compensation.plans.claiming import PlanClaim, claim_plan
from compensation.plans.preview import preview
from compensation.plans.scopes import Scope
from compensation.runs import Run, change_state, require_run
from compensation.states import ItemState, RunState
from consistency.database import database_now, first_line, transaction
from consistency.errors import ClaimLost, MappingError, ReconcileryError
from consistency.ledger.repair_tables import repair_items
from consistency.measure import Measured, measure
from consistency.remarks import Remark, remarks_object
from consistency.resources import Resources
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
    """Fill a run that is being planned; it is then planned, or failed with the reason if that was not possible.

    A run that somebody else is filling is left to them, and returned as it stands.
    """
    engine, lease = bench.resources.primary, bench.resources.settings.lease
    run, claim = claim_plan(engine, run_id, lease)
    if claim is None:
        return run
    try:
        return _fill(bench, claim, actor)
    except ClaimLost:
        with transaction(engine) as connection:
            return require_run(connection, run_id)
    except Exception as error:
        # Whatever it was: the run must not be planned, and fail, again and again.
        reason = str(error)[:500] if isinstance(error, ReconcileryError) else first_line(error)
        _fail(bench.resources, claim.run, actor, reason)
        raise


def _fail(resources: Resources, run: Run, actor: str, reason: str) -> None:
    with transaction(resources.primary) as connection:
        change_state(connection, run, RunState.FAILED, actor, payload={"reason": reason}, reason=reason)
    copied(resources, run)


def _fill(bench: Bench, claim: PlanClaim, actor: str) -> Run:
    engine, run, scope = bench.resources.primary, claim.run, Scope.from_dict(claim.run.scope)
    source = source_of(bench.resources, claim.keep)
    with transaction(bench.resources.reader) as connection:
        as_of = database_now(connection)
    before = measure(source, bench.rule, scope.window or _keys(bench, scope), as_of)
    drawn = _draw(bench, claim, candidates(source, bench.rule, scope, as_of))
    notes = _notes(run, drawn, before) + preview(bench, claim)
    exceeded = _exceeded(run, drawn.planned, before)
    approval = _why_approved_first(exceeded, drawn.planned, before)
    columns = {
        "plan_hash": drawn.digest,
        "planned_at": as_of,
        "plan_notes": json.dumps([note.text for note in notes], ensure_ascii=False),
        "needs_approval": approval.text if approval else None,
        "before": json.dumps(before.as_dict()),
    }
    if run.parameters.unattended and not run.dry_run and not approval:
        # It goes on by itself at once, so nobody may begin the same meanwhile.
        columns["live_key"] = run.scope["key"]
    payload = {
        "planned": drawn.planned,
        "needs_approval": columns["needs_approval"],
        "exceeded": exceeded,
        **before.as_dict(),
        **remarks_object([*notes, *([approval] if approval else [])]),
    }
    with transaction(engine) as connection:
        event = "approval_needed" if approval and not run.dry_run else "planned"
        if not change_state(connection, run, RunState.PLANNED, actor, event=event, payload=payload, **columns):
            raise ClaimLost(f"run {run.id} was planned or cancelled by somebody else")
        planned = require_run(connection, run.id)
    return copied(bench.resources, planned)


def _keys(bench: Bench, scope: Scope) -> list[object]:
    return [bench.rule.parse_key(text) for text in scope.ids]


def _draw(bench: Bench, claim: PlanClaim, found: Iterator[Candidate]) -> _Drawn:
    """Write the items, a page a transaction; only a page of them is in memory."""
    digest, planned, others, most = hashlib.sha256(), 0, 0, claim.run.parameters.max_tasks
    while most is None or planned < most:
        page = list(islice(found, PAGE_ROWS if most is None else min(PAGE_ROWS, most - planned)))
        if not page:
            break
        for each in page:
            digest.update(f"{each.task_key}\t{each.precondition}\t{each.state}\n".encode())
            planned += each.state is ItemState.PENDING
            others += each.state is not ItemState.PENDING
        _write(bench, claim, page)
        bench.on_item()
    return _Drawn(planned, others, digest.hexdigest())


def _write(bench: Bench, claim: PlanClaim, page: list[Candidate]) -> None:
    try:
        with transaction(bench.resources.primary) as connection:
            claim.hold(connection)
            now = database_now(connection)
            connection.execute(insert(repair_items), [_row(claim.run.id, each, now) for each in page])
    except IntegrityError as error:
        key = f"rules.{bench.rule.id}.parent.id: {bench.rule.parent_table.name}.{bench.rule.mapping.parent.id}"
        raise MappingError(f"{key} is the same for several tasks; a repair needs one that each has alone") from error


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


def _notes(run: Run, drawn: _Drawn, before: Measured) -> list[Remark]:
    notes = []
    if drawn.others:
        one = "1 task needs no repair or cannot have one; see its outcome"
        several = f"{drawn.others} tasks need no repair or cannot have one; see their outcomes"
        notes.append(Remark(one if drawn.others == 1 else several, "no_repair", {"tasks": drawn.others}))
    beyond = before.missing - drawn.planned - drawn.others
    if run.parameters.max_tasks is not None and drawn.planned >= run.parameters.max_tasks and beyond > 0:
        text = f"{beyond} more tasks lack their output, beyond --max-tasks {run.parameters.max_tasks}"
        notes.append(Remark(text, "beyond_max_tasks", {"tasks": beyond, "max_tasks": run.parameters.max_tasks}))
    return notes


def _exceeded(run: Run, planned: int, before: Measured) -> dict[str, float]:
    """The limit that the plan is beyond, by the name of its setting; a person has to approve of such a plan."""
    cap, share = run.parameters.cap, run.parameters.share
    if planned > cap:
        return {"repair_cap": cap}
    # Of tasks that somebody has named, most are missing: that is why they were named.
    of_window = "task_ids" not in run.scope
    if of_window and planned >= SHARE_COUNTS_FROM and planned > share * before.tasks:
        return {"repair_share": share}
    return {}


def _why_approved_first(exceeded: dict[str, float], planned: int, before: Measured) -> Remark | None:
    if "repair_cap" in exceeded:
        cap = exceeded["repair_cap"]
        text = f"{planned} tasks are more than the cap of {cap} (repair_cap)"
        return Remark(text, "beyond_cap", {"planned": planned, "cap": cap})
    if "repair_share" in exceeded:
        share = f"{exceeded['repair_share']:.0%}"
        text = f"{planned} of {before.tasks} tasks are more than {share} of the window (repair_share)"
        return Remark(text, "beyond_share", {"planned": planned, "tasks": before.tasks, "share": share})
    return None
