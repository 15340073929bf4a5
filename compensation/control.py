"""What a person or the schedule does to a run: start it, pause, resume, cancel, try what failed again."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from compensation.copying import copied
from compensation.plans.opening import require_target, target_of
from compensation.plans.scopes import Scope, live_key
from compensation.runs import RepairRefused, Run, RunRequest, change_state, open_run, require_run
from compensation.states import REDRIVABLE, ItemState, RunState
from compensation.target import precondition_of
from consistency.database import database_now, transaction
from consistency.durations import duration_text
from consistency.host import BoundRule
from consistency.ledger.repair_tables import repair_items, repair_runs
from consistency.patience import patient
from consistency.remarks import Remark, remarks_object
from consistency.resources import Resources
from consistency.source import source_of
from consistency.tasks_by_keys import tasks_by_keys

MOST_DRIFTED = 0.05
PAGE_ROWS = 1000


def start(resources: Resources, run_id: str, actor: str, *, approved: bool, fresh: bool = False) -> Run:
    """Let the workers apply a plan; RepairRefused, and nothing changes, when it may not be applied.

    A plan that was made just now (`fresh`) is not held against the tables once more.
    """
    with transaction(resources.reader) as connection:
        run, now = require_run(connection, run_id), database_now(connection)
    if run.state is RunState.RUNNING:
        return run
    if run.state is not RunState.PLANNED:
        raise RepairRefused(f"run {run_id} is {run.state}; only a plan can be applied")
    rule = resources.rule(run.rule_id)
    if not fresh:
        _require_same(resources, rule, run)
        _require_young(run, now - (run.planned_at or run.created_at), resources.settings.repair_plan_age)
        require_target(resources.primary, rule)
        _require_undrifted(resources, rule, run)
    if run.needs_approval and not approved:
        raise RepairRefused(f"{run.needs_approval}; look at the plan, then approve it with --yes")
    columns = {"dry_run": False, "started_at": now, "judged_from": now}
    if approved:
        columns |= {"approved_by": actor, "approved_at": now}
    return _changed(resources, run, RunState.RUNNING, actor, event="started", **columns)


def _require_same(resources: Resources, rule: BoundRule, run: Run) -> None:
    if run.target != target_of(resources.primary):
        raise RepairRefused(f"plan {run.id} was made for another database; make a new one here")
    if run.rule_hash != rule.hash:
        raise RepairRefused(f"rule {rule.id} has changed since plan {run.id} was made; make a new one")


def _require_young(run: Run, age: timedelta, most: timedelta) -> None:
    if age > most:
        shown = duration_text(timedelta(minutes=age // timedelta(minutes=1)))
        raise RepairRefused(
            f"plan {run.id} is {shown} old, more than repair_plan_age ({duration_text(most)}); make a new one"
        )


def _require_undrifted(resources: Resources, rule: BoundRule, run: Run) -> None:
    planned = drifted = 0
    for page in _pending(resources, run.id):
        planned += len(page)
        drifted += _drifted(resources, rule, page)
    if drifted > MOST_DRIFTED * planned:
        raise RepairRefused(
            f"{drifted} of {planned} tasks have changed since plan {run.id} was made, more than {MOST_DRIFTED:.0%};"
            " make a new one"
        )


def _pending(resources: Resources, run_id: str) -> Iterator[list[Any]]:
    last = 0
    while True:
        mine = (repair_items.c.run_id == run_id) & (repair_items.c.state == ItemState.PENDING)
        chosen = select(repair_items).where(mine, repair_items.c.id > last).order_by(repair_items.c.id)
        with transaction(resources.reader) as connection:
            page = list(connection.execute(chosen.limit(PAGE_ROWS)))
        if page:
            yield page
            last = page[-1].id
        if len(page) < PAGE_ROWS:
            return


def _drifted(resources: Resources, rule: BoundRule, page: list[Any]) -> int:
    planned = {row.task_key: row.precondition for row in page}
    with transaction(resources.reader) as connection:
        as_of = database_now(connection)
    found = tasks_by_keys(source_of(resources), rule, [rule.parse_key(key) for key in planned], as_of)
    same: int = sum(task.missing and planned.get(str(task.key)) == precondition_of(task) for task in found)
    return len(page) - same


def pause(resources: Resources, run_id: str, actor: str, reason: str = "") -> Run:
    """Nothing is written after this has returned, until the run is resumed."""
    said = Remark(reason) if reason else Remark(f"paused by {actor}", "paused_by", {"by": actor})
    payload = {"reason": said.text, **remarks_object([said])}
    return _change(resources, run_id, RunState.PAUSED, actor, payload=payload, reason=said.text[:500])


def resume(resources: Resources, run_id: str, actor: str) -> Run:
    """Go on with a paused run; what has failed before is not held against it again."""
    with transaction(resources.reader) as connection:
        now = database_now(connection)
    return _change(resources, run_id, RunState.RUNNING, actor, event="resumed", reason=None, judged_from=now)


def cancel(resources: Resources, run_id: str, actor: str) -> Run:
    """End a run that is planned, running or paused; what it has written stays, and can be rolled back."""
    return _change(resources, run_id, RunState.CANCELLED, actor, payload={"by": actor})


def _change(resources: Resources, run_id: str, to: RunState, actor: str, **how: Any) -> Run:
    with transaction(resources.reader) as connection:
        run = require_run(connection, run_id)
    return run if run.state is to else _changed(resources, run, to, actor, **how)


@patient
def _changed(resources: Resources, run: Run, to: RunState, actor: str, **how: Any) -> Run:
    try:
        with transaction(resources.primary) as connection:
            changed = change_state(connection, run, to, actor, **how)
            found = require_run(connection, run.id)
    except IntegrityError:
        other = _live_beside(resources, run)
        raise RepairRefused(f"run {other} of the same scope is not over; wait for it, resume it or cancel it") from None
    if not changed:
        raise RepairRefused(f"run {run.id} has just been changed by somebody else; look at it again")
    return copied(resources, found)


def _live_beside(resources: Resources, run: Run) -> str:
    with transaction(resources.reader) as connection:
        chosen = select(repair_runs.c.id).where(repair_runs.c.live_key == run.scope["key"])
        return str(connection.scalar(chosen))


def redrive(resources: Resources, run_id: str, actor: str, *, dry_run: bool = False) -> tuple[Run, bool]:
    """Open a run over the tasks of an ended one that were not repaired, and say whether it is new; no items yet."""
    with transaction(resources.reader) as connection:
        run = require_run(connection, run_id)
        failed = repair_items.c.state.in_(sorted(REDRIVABLE))
        chosen = select(repair_items.c.task_key).where(repair_items.c.run_id == run_id, failed)
        keys = tuple(connection.scalars(chosen.order_by(repair_items.c.id)))
    if run.is_live or run.state in {RunState.PLANNED, RunState.PLANNING}:
        raise RepairRefused(f"run {run_id} is {run.state}; only an ended run can be tried again")
    if not keys:
        raise RepairRefused(f"run {run_id} has left nothing to try again")
    scope = Scope(ids=keys)
    request = RunRequest(
        rule_id=run.rule_id,
        rule_hash=resources.rule(run.rule_id).hash,
        target=target_of(resources.primary),
        scope=scope.as_dict(),
        scope_key=live_key(run.rule_id, scope, None, None),
        created_by=actor,
        # What is left is all to be tried, and who approved the first run has not seen this one.
        parameters=replace(run.parameters, max_tasks=None, approved=False),
        dry_run=dry_run,
        parent_run_id=run_id,
    )
    opened, is_new = open_run(resources.primary, request)
    return copied(resources, opened), is_new
