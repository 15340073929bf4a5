"""What beat has repaired: only where the last check knew what it saw, and only within the caps."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from compensation.plans.opening import DEFAULT_LENGTH, RepairOrder, open_repair
from compensation.runs import Run, latest_runs, runs_in
from compensation.states import LIVE, RunState
from consistency.database import database_now, transaction
from consistency.errors import ReconcileryError
from consistency.ledger.runs import latest_run
from consistency.measure import measure
from consistency.model import SCHEDULED, Health, Window
from consistency.resources import Resources
from consistency.source import source_of

ACTOR = "schedule"


@dataclass
class Opened:
    """The runs that were opened, and why others were not, by rule."""

    run_ids: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


def open_scheduled(resources: Resources) -> Opened:
    """Open a run for every rule that can be repaired and lacks outputs; by `repair_schedule` a plan or a repair."""
    opened, mode = Opened(), resources.settings.repair_schedule
    if mode == "off":
        return opened
    for rule in resources.settings.rules:
        try:
            reason = _open(resources, rule.id, opened, dry_run=mode == "plan")
        except ReconcileryError as error:
            reason = str(error)
        if reason:
            opened.left_out[rule.id] = reason
    return opened


def _open(resources: Resources, rule_id: str, opened: Opened, *, dry_run: bool) -> str:
    with transaction(resources.reader) as connection:
        now = database_now(connection)
    # What the checks know is asked last, so that nothing old is acted upon once the way is free.
    if reason := _preceded(resources, rule_id, now) or _needless(resources, rule_id, now, dry_run=dry_run):
        return reason
    slot, cap = _slot(resources, rule_id, now), resources.settings.repair_auto_max
    order = RepairOrder(rule_id, dry_run=dry_run, unattended=True, actor=ACTOR, slot=slot, cap=cap)
    run, new = open_repair(resources, order)
    if new:
        opened.run_ids.append(run.id)
    return "" if new else f"run {run.id} is there already"


def _needless(resources: Resources, rule_id: str, now: datetime, *, dry_run: bool) -> str:
    """Why the application gives no reason for a repair, or none that is certain; empty if it does."""
    rule = resources.rule(rule_id)
    if not rule.mapping.child.columns:
        return "the rule maps no columns to repair"
    if not dry_run and (reason := _uncertain(resources, rule_id)):
        return reason
    window = Window(now - DEFAULT_LENGTH, now)
    return "" if measure(source_of(resources), rule, window, now).missing else "nothing is missing"


def _preceded(resources: Resources, rule_id: str, now: datetime) -> str:
    """Which run of the rule stands in the way of another; empty if none does."""
    if taken_back := _taken_back(resources, rule_id):
        return f"repair {taken_back} was taken back; the next one is for a person to start"
    if live := _under_way(resources, rule_id):
        return f"run {live.id} is {live.state}"
    waiting = _waiting_plan(resources, rule_id, now)
    return f"plan {waiting} waits for a person" if waiting else ""


def _uncertain(resources: Resources, rule_id: str) -> str:
    """Why the checks do not allow an automatic repair; empty if they do."""
    with transaction(resources.store) as connection:
        reports = [latest_run(connection, rule_id, kind) for kind in SCHEDULED]
    known = [run for run in reports if run is not None and run.report is not None]
    if not known:
        return "no check has ended yet"
    for run in known:
        if run.report and run.report["health"] == Health.UNKNOWN and not _is_idle(run.report):
            return f"the last {run.type} check is unknown"
    return ""


def _is_idle(report: dict[str, Any]) -> bool:
    """Whether the check is unknown only because no task has finished, which it has seen for certain."""
    return bool(report["coverage"] == 1 and report["counts"]["tasks"] == 0)


def _taken_back(resources: Resources, rule_id: str) -> str | None:
    """The latest repair that has ended, if somebody took it back."""
    with transaction(resources.reader) as connection:
        made = latest_runs(connection, 20, rule_id)
    ended = [run for run in made if run.started_at is not None and not run.is_live]
    undone = {RunState.ROLLED_BACK, RunState.ROLLED_BACK_PARTIAL}
    return ended[0].id if ended and ended[0].state in undone else None


def _under_way(resources: Resources, rule_id: str) -> Run | None:
    """A repair of the rule that has not ended, whatever its scope: it may be about the same tasks."""
    with transaction(resources.reader) as connection:
        return next((run for run in runs_in(connection, LIVE) if run.rule_id == rule_id), None)


def _waiting_plan(resources: Resources, rule_id: str, now: datetime) -> str | None:
    """A plan that the schedule has made and that can still be applied."""
    with transaction(resources.reader) as connection:
        made = latest_runs(connection, 20, rule_id)
    young = [run for run in made if now - run.created_at < resources.settings.repair_plan_age]
    waiting = [run.id for run in young if run.state is RunState.PLANNED and run.created_by == ACTOR]
    return waiting[0] if waiting else None


def _slot(resources: Resources, rule_id: str, now: datetime) -> str:
    every = resources.settings.repair_every.total_seconds()
    return f"{rule_id}|schedule|{int(now.timestamp() // every)}"
