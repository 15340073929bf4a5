"""What has stalled, because a message was lost or a process has died, and what has to be sent again for it."""

from datetime import datetime

from sqlalchemy import Connection, func, select

from compensation.batches.claims import due_items
from compensation.fences import WORKING as IN_HAND
from compensation.progress import has_open_items
from compensation.runs import Run, planned_since, runs_in
from compensation.states import WORKING, ItemState, RunState
from consistency.database import database_now, transaction
from consistency.ledger.repair_events import untold_events
from consistency.ledger.repair_tables import repair_batches, repair_items
from consistency.resources import Resources

PLAN, WORK, ROLL_BACK = "plan", "work", "roll back"
_STEPS = {RunState.PLANNING: PLAN, RunState.PLANNED: PLAN, RunState.ROLLING_BACK: ROLL_BACK}


def stalled(resources: Resources) -> list[tuple[str, str]]:
    """Run ids with the step to send again; a run that can use several workers is there several times."""
    found: list[tuple[str, str]] = []
    with transaction(resources.reader) as connection:
        now = database_now(connection)
        for run in [*runs_in(connection, WORKING | {RunState.PLANNING}), *_left_behind(connection, resources, now)]:
            found += [(run.id, step) for step in _steps(connection, resources, run, now)]
    return found


def _left_behind(connection: Connection, resources: Resources, now: datetime) -> list[Run]:
    """Plans that should have been applied at once by whoever made them."""
    young = [run for run in planned_since(connection, now - resources.settings.repair_plan_age) if not run.dry_run]
    return [run for run in young if run.parameters.unattended and not run.needs_approval]


def _steps(connection: Connection, resources: Resources, run: Run, now: datetime) -> list[str]:
    silent = run.heartbeat_at is None or now - run.heartbeat_at > resources.settings.lease
    if run.state is RunState.RUNNING:
        # Who is held by a limit comes back by itself; sent again at every look, they would become ever more.
        return [WORK] * _wanted(connection, run, now) if silent or not run.throttle else []
    step = _STEPS.get(run.state, WORK)
    return [step] if silent else []


def _wanted(connection: Connection, run: Run, now: datetime) -> int:
    """How many workers could take something of a running run just now."""
    alive, lost = _batches(connection, run, now)
    due = connection.scalar(select(func.count()).select_from(repair_items).where(due_items(run.id, now))) or 0
    if not due and not lost:
        return 0 if has_open_items(connection, run.id) else 1
    batch = max(1, run.parameters.batch_size)
    return max(0, min(run.parameters.workers - alive, -(-due // batch) + lost))


def _batches(connection: Connection, run: Run, now: datetime) -> tuple[int, int]:
    """How many batches of the run are in hand, and how many more have been lost."""
    mine = (repair_batches.c.run_id == run.id) & (repair_batches.c.state == IN_HAND)
    leases = connection.scalars(select(repair_batches.c.lease_until).where(mine)).all()
    alive: int = sum(until >= now for until in leases)
    return alive, len(leases) - alive


def worth_coming_back(resources: Resources, run: Run) -> float | None:
    """After how many seconds a worker is wanted for something of the run that nobody has in hand; None if none is."""
    with transaction(resources.reader) as connection:
        now = database_now(connection)
        if connection.execute(select(repair_items.c.id).where(due_items(run.id, now)).limit(1)).first():
            alive, _ = _batches(connection, run, now)
            return 0.0 if alive < run.parameters.workers else None
        deferred = (repair_items.c.run_id == run.id) & (repair_items.c.state == ItemState.DEFERRED)
        soonest = connection.scalar(select(func.min(repair_items.c.next_try_at)).where(deferred))
    return max(0.0, (soonest - now).total_seconds()) if soonest else None


def runs_with_untold_events(resources: Resources) -> list[str]:
    """The runs of which somebody should have been told something."""
    with transaction(resources.reader) as connection:
        return list(dict.fromkeys(event.run_id for event in untold_events(connection)))
