"""From a plan to the end of its run: started only when it may be, then worked on here or watched at the workers."""

from collections.abc import Callable
from dataclasses import dataclass

from api.orders.refusals import UNDER_WAY, NeedsApproval
from cli.interrupts import interrupt_deferred
from cli.repair.flags import Way
from cli.repair.here import work_here
from cli.repair.ledger import look_at, read_run
from cli.repair.words import state_words
from cli.terminal import note
from compensation import control
from compensation.runs import RepairRefused, Run
from compensation.states import RunState
from consistency.resources import Resources

#: What can be done without any worker.
OTHERWISE = " (or use --local)"


@dataclass(frozen=True)
class Applying:
    """How a plan is to be applied, and in whose name; a `fresh` plan was made just now, a `joined` run was told."""

    way: Way
    actor: str
    approved: bool = False
    fresh: bool = False
    joined: bool = False


def carry_out(resources: Resources, run: Run, how: Applying) -> Run:
    """The run as it stands when it has ended or paused, or when nobody waits for it any more.

    RepairRefused when it cannot be applied; BrokerUnavailable, and nothing is started, when no worker answers.
    """
    if run.state in UNDER_WAY:
        return _join(resources, run, how)
    if run.state is RunState.PAUSED:
        raise RepairRefused(f"run {run.id} is paused: {run.reason}; go on with: reconcilery repair resume {run.id}")
    if run.state is not RunState.PLANNED:
        raise RepairRefused(f"run {run.id} is {state_words(run.state)}; only a plan can be applied")
    command = f"reconcilery repair apply {run.id}"
    if run.needs_approval and not how.approved:
        raise NeedsApproval(f"run {run.id} needs approval: {run.needs_approval}; {command} --yes")
    _, progress, _ = look_at(resources, run.id)
    if how.way.local or not progress.open:
        # With nothing to repair there is only the end to be written down, and nobody else is needed for that.
        return work_here(resources, _started(resources, run, how), how.actor)
    return _by_workers(resources, how, lambda: _started(resources, run, how), f"the plan stays: {command}")


def resume(resources: Resources, run: Run, how: Applying) -> Run:
    """Let a paused run go on, and stay with it."""
    if run.state in UNDER_WAY:
        return _join(resources, run, how)

    def begin() -> Run:
        return control.resume(resources, run.id, how.actor)

    if how.way.local:
        return work_here(resources, begin(), how.actor)
    return _by_workers(resources, how, begin, f"run {run.id} stays {run.state}")


def _started(resources: Resources, run: Run, how: Applying) -> Run:
    try:
        return control.start(resources, run.id, how.actor, approved=how.approved, fresh=how.fresh)
    except RepairRefused:
        # Whoever asked for the same at the same time may have been faster.
        found = read_run(resources, run.id)
        if found.state not in UNDER_WAY:
            raise
        return found


def _join(resources: Resources, run: Run, how: Applying) -> Run:
    if not how.joined:
        note(f"Note: joined run {run.id}, which is {state_words(run.state)} already.")
    if how.way.local:
        return work_here(resources, run, how.actor)
    with interrupt_deferred() as stop_if_pressed:
        return _watched(resources, run, how.way, stop_if_pressed)


def _by_workers(resources: Resources, how: Applying, begin: Callable[[], Run], what_stays: str) -> Run:
    from api.orders.repair_workers import call_workers, require_workers  # noqa: PLC0415 - they bring Celery

    with interrupt_deferred() as stop_if_pressed:
        require_workers(resources.settings, what_stays, OTHERWISE)
        stop_if_pressed()
        run = begin()
        call_workers(resources, run, how.actor)
        return _watched(resources, run, how.way, stop_if_pressed)


def _watched(resources: Resources, run: Run, way: Way, stop_if_pressed: Callable[[], None]) -> Run:
    if not way.waits:
        return run
    from cli.repair.watching import watch_run  # noqa: PLC0415 - the same

    return watch_run(resources, run.id, way.seconds, stop_if_pressed)
