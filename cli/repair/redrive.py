"""`reconcilery repair redrive`: try what a run did not repair again."""

import click

from cli.actor import actor
from cli.as_json import json_flag
from cli.repair.applying import Applying
from cli.repair.doing import apply_run
from cli.repair.flags import way_flags, way_of, yes_flag
from cli.repair.ledger import opened, read_run
from cli.repair.planning import redriven
from cli.repair.told import tell_plan


@click.command(epilog="Example: reconcilery repair redrive 1f6c0f9e-6a51-4a5e-9c3d-2f1f0f6f7c11")
@click.argument("run_id")
@click.option("--dry-run", is_flag=True, help="Only show the plan.")
@yes_flag
@way_flags
@json_flag
@click.pass_context
def redrive(
    ctx: click.Context,
    *,
    run_id: str,
    dry_run: bool,
    yes: bool,
    local: bool,
    wait: float | None,
    no_wait: bool,
    as_json: bool,
) -> None:
    """Plan and apply a new run over the tasks that an ended one did not repair."""
    way = way_of(local=local, wait=wait, no_wait=no_wait)
    with opened() as resources:
        run = redriven(resources, read_run(resources, run_id), actor(), dry_run=dry_run, local=local)
        if dry_run:
            tell_plan(resources, run, as_json=as_json)
            return
        apply_run(ctx, resources, run, Applying(way, actor(), approved=yes), as_json=as_json)
