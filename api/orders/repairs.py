"""What people ask of repairs: a plan, its way through the workers, and the way back.

All functions raise RepairRefused, which says why and what to do, when a run cannot do what is asked of it as it
stands, and BrokerUnavailable, and nothing has begun, when neither Redis nor a worker answers.
"""

from contextlib import suppress

from api.orders.broker import send
from api.orders.refusals import UNDER_WAY, NeedsApproval
from api.orders.repair_workers import call_for_rollback, call_workers, require_workers
from compensation import control
from compensation.plans.opening import RepairOrder, open_repair
from compensation.providers.choosing import require_provider
from compensation.runs import RepairRefused, Run, require_run
from compensation.states import RunState
from compensation.undo import rolling_back
from compensation.undone import Undone
from consistency.database import transaction
from consistency.errors import BrokerUnavailable, ConfigurationError
from consistency.resources import Resources
from notifiers.alerts.words import optional_text


def plan_repair(resources: Resources, order: RepairOrder) -> tuple[Run, bool]:
    """Have a worker plan what the order says, and, unless it is a dry run or needs approval, apply it.

    The run has no items yet; with False it is the run of the same scope that is under way already. BadRequest for a
    wrong date, id or number; MappingError for a rule that cannot be repaired. Give an order that is no dry run
    `unattended=True`, so that it goes on whoever dies.
    """
    _require_provider(resources)
    require_workers(resources.settings, "there is no plan")
    run, new = open_repair(resources, order)
    if run.state is RunState.PLANNING:
        _have_it_planned(resources, run, order.actor, new=new)
    return run, new


def redrive_repair(resources: Resources, run_id: str, actor: str, *, dry_run: bool) -> tuple[Run, bool]:
    """The same over what an ended run did not repair."""
    _require_provider(resources)
    require_workers(resources.settings, f"run {run_id} stays as it is")
    run, new = control.redrive(resources, run_id, actor, dry_run=dry_run)
    if run.state is RunState.PLANNING:
        _have_it_planned(resources, run, actor, new=new)
    return run, new


def _require_provider(resources: Resources) -> None:
    try:
        require_provider(resources.settings)
    except ConfigurationError as error:
        raise RepairRefused(f"nothing can be repaired: {error}") from None


def _have_it_planned(resources: Resources, run: Run, actor: str, *, new: bool) -> None:
    try:
        send("compensation.compensate", run_id=run.id)
    except BrokerUnavailable:
        if new:
            with suppress(RepairRefused):
                control.cancel(resources, run.id, actor)
        raise


def apply_repair(resources: Resources, run_id: str, actor: str, *, approved: bool = False) -> Run:
    """Let the workers carry out a plan; a run that is under way already is returned as it stands.

    NeedsApproval when only a person may let the plan through, who then says `approved`.
    """
    run = _read(resources, run_id)
    if run.state in UNDER_WAY:
        return run
    if run.state is RunState.PAUSED:
        raise RepairRefused(f"run {run.id} is paused: {run.reason}; resume it")
    if run.state is not RunState.PLANNED:
        raise RepairRefused(f"run {run.id} is {run.state}; only a plan can be applied")
    if run.needs_approval and not approved:
        raise NeedsApproval(f"run {run.id} needs approval: {run.needs_approval}")
    require_workers(resources.settings, "the plan stays")
    started = control.start(resources, run.id, actor, approved=approved)
    call_workers(resources, started, actor)
    return started


def resume_repair(resources: Resources, run_id: str, actor: str) -> Run:
    """Let a paused run go on; what has failed before is not held against it again."""
    run = _read(resources, run_id)
    if run.state in UNDER_WAY:
        return run
    if run.state is not RunState.PAUSED:
        raise RepairRefused(f"run {run.id} is {run.state}; only a paused run can be resumed")
    require_workers(resources.settings, f"run {run.id} stays {run.state}")
    resumed = control.resume(resources, run.id, actor)
    call_workers(resources, resumed, actor)
    return resumed


def pause_repair(resources: Resources, run_id: str, actor: str, reason: str = "") -> Run:
    """Nothing is written after this has returned, until the run is resumed."""
    return control.pause(resources, run_id, actor, optional_text("reason", reason))


def cancel_repair(resources: Resources, run_id: str, actor: str) -> Run:
    """End a plan, or a run that goes on or is paused; what it has written stays, and can be rolled back."""
    return control.cancel(resources, run_id, actor)


def roll_back_repair(resources: Resources, run_id: str, actor: str) -> Run:
    """Have the workers delete the rows that a run has written, each only if nobody has changed it since."""
    run = _read(resources, run_id)
    rolling_back.require_undoable(run)
    resources.rule(run.rule_id)
    require_workers(resources.settings, f"run {run.id} stays {run.state}")
    begun = rolling_back.begin(resources, run.id, actor)
    call_for_rollback(run.id)
    return begun


def rehearse_rollback(resources: Resources, run_id: str) -> Undone:
    """What that would do now; it reads the rows of the application, and nothing is changed."""
    run = _read(resources, run_id)
    return rolling_back.rehearse(resources, resources.rule(run.rule_id), run.id)


def _read(resources: Resources, run_id: str) -> Run:
    with transaction(resources.reader) as connection:
        return require_run(connection, run_id)
