"""A plan, made in the calling process; a run of the same scope that is under way already is joined instead."""

import time

from cli.progress import progress_bar
from cli.repair.ledger import look_at
from cli.repair.words import state_words
from cli.repair.workplace import workplace
from cli.terminal import note
from compensation import control
from compensation.bench import Bench
from compensation.plans.opening import RepairOrder, open_repair
from compensation.plans.planning import make_plan
from compensation.runs import Run
from compensation.states import RunState
from consistency.resources import Resources

PAUSE_SECONDS = 0.5


def planned(resources: Resources, order: RepairOrder, *, local: bool) -> tuple[Run, bool]:
    """The planned run of the order, and True; or, with False, the run of the same scope that was joined."""
    # What is wrong with the provider is told before a run is opened.
    with workplace(resources, order.rule_id, local=local) as bench:
        run, new = open_repair(resources, order)
        made = _filled_or_joined(bench, run, order.actor, new=new)
    if not new:
        _say_what_differs(run, order)
    return made, new


def _say_what_differs(run: Run, order: RepairOrder) -> None:
    """A run that is joined goes on by its own numbers."""
    numbers = {
        "--batch-size": (order.batch_size, run.parameters.batch_size),
        "--max-tasks": (order.max_tasks, run.parameters.max_tasks),
    }
    for flag, (asked, its) in numbers.items():
        if asked is not None and asked != its:
            note(f"Note: {flag} {asked} does not hold: the run that is joined has {its or 'no limit'}.")


def redriven(resources: Resources, run: Run, actor: str, *, dry_run: bool, local: bool) -> Run:
    """The planned run over what an ended run did not repair, or the one that does so already."""
    with workplace(resources, run.rule_id, local=local) as bench:
        again, new = control.redrive(resources, run.id, actor, dry_run=dry_run)
        return _filled_or_joined(bench, again, actor, new=new)


def _filled_or_joined(bench: Bench, run: Run, actor: str, *, new: bool) -> Run:
    return _fill(bench, run, actor) if new else _joined(bench, run, actor)


def _fill(bench: Bench, run: Run, actor: str) -> Run:
    """Make the plan of an open run; Ctrl-C cancels it."""
    try:
        with progress_bar("planning"):
            return make_plan(bench, run.id, actor)
    except KeyboardInterrupt:
        control.cancel(bench.resources, run.id, actor)
        note("The plan was not finished and is cancelled; nothing has been written.")
        raise


def _joined(bench: Bench, run: Run, actor: str) -> Run:
    note(f"Note: joined run {run.id}, which is {state_words(run.state)}.")
    with progress_bar("waiting for its plan"):
        found, _, silent = look_at(bench.resources, run.id)
        while found.state is RunState.PLANNING and not silent:
            time.sleep(PAUSE_SECONDS)
            found, _, silent = look_at(bench.resources, run.id)
    # Whoever was planning has died.
    return _fill(bench, found, actor) if found.state is RunState.PLANNING else found
