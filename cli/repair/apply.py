"""`reconcilery repair apply`: carry out a plan."""

from typing import Any

import click

from cli.actor import actor
from cli.as_json import json_flag
from cli.repair.applying import Applying
from cli.repair.asked import ScopeFlags
from cli.repair.doing import apply_run, plan_and_apply
from cli.repair.flags import scope_flags, way_flags, way_of, yes_flag
from cli.repair.ledger import opened, read_run
from cli.repair.told import tell_plan


@click.command(epilog="Example: reconcilery repair apply 1f6c0f9e-6a51-4a5e-9c3d-2f1f0f6f7c11 --yes")
@click.argument("run_id", required=False)
@scope_flags
@click.option("--dry-run", is_flag=True, help="Only show the plan.")
@yes_flag
@way_flags
@json_flag
@click.pass_context
def apply(
    ctx: click.Context,
    /,
    *,
    run_id: str | None,
    dry_run: bool,
    yes: bool,
    local: bool,
    wait: float | None,
    no_wait: bool,
    as_json: bool,
    **scope: Any,
) -> None:
    """Repair what the plan RUN_ID says, or, without RUN_ID, make a plan and apply it, as `compensate` does.

    A plan is refused when it is too old, when it was made for another database or rule, or when too many of its tasks
    have changed since.
    """
    way, flags = way_of(local=local, wait=wait, no_wait=no_wait), ScopeFlags(**scope)
    if run_id is not None and flags.typed():
        raise click.UsageError(f"RUN_ID names a plan with its tasks; it cannot be combined with {flags.typed()[0]}")
    with opened() as resources:
        if run_id is None:
            plan_and_apply(ctx, resources, flags, way, dry_run=dry_run, approved=yes, as_json=as_json)
            return
        run = read_run(resources, run_id)
        if dry_run:
            tell_plan(resources, run, as_json=as_json)
            return
        apply_run(ctx, resources, run, Applying(way, actor(), approved=yes), as_json=as_json)
