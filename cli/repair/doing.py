"""What `compensate`, `repair apply` and `repair redrive` have in common once a run is planned or joined."""

from typing import NoReturn

import click

from api.orders.refusals import NeedsApproval
from cli.repair.applying import Applying, carry_out
from cli.repair.asked import ScopeFlags, order_of
from cli.repair.flags import Way
from cli.repair.ledger import look_at
from cli.repair.planning import planned
from cli.repair.told import end_with, tell_plan, tell_run
from cli.terminal import note
from compensation.runs import Run
from compensation.states import RunState
from consistency.resources import Resources


def apply_run(ctx: click.Context, resources: Resources, run: Run, how: Applying, *, as_json: bool) -> NoReturn:
    """Carry the run out, tell how it ended, and end with the exit code of that."""
    if run.state is RunState.PLANNED:
        _, progress, _ = look_at(resources, run.id)
        note(f"Run {run.id}: {progress.open} tasks to be repaired.")
    try:
        ended = carry_out(resources, run, how)
    except NeedsApproval:
        if as_json:
            tell_run(resources, run, as_json=True)
        else:
            tell_plan(resources, run, as_json=False)
        raise
    end_with(ctx, resources, ended, as_json=as_json)


def plan_and_apply(
    ctx: click.Context,
    resources: Resources,
    flags: ScopeFlags,
    way: Way,
    *,
    dry_run: bool,
    approved: bool,
    as_json: bool,
) -> None:
    """Make the plan of the flags; then show it, or carry it out and end with the exit code of that."""
    order = order_of(resources.settings, flags, dry_run=dry_run)
    run, new = planned(resources, order, local=way.local)
    if dry_run:
        tell_plan(resources, run, as_json=as_json)
        return
    how = Applying(way, order.actor, approved=approved, fresh=new, joined=not new)
    apply_run(ctx, resources, run, how, as_json=as_json)
