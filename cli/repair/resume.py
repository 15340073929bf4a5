"""`reconcilery repair resume`: let a paused run go on."""

import click

from cli.actor import actor
from cli.as_json import json_flag
from cli.repair.applying import Applying
from cli.repair.applying import resume as resumed
from cli.repair.flags import idle_flags, way_flags, way_of
from cli.repair.ledger import opened, read_run
from cli.repair.told import end_with


@click.command(epilog="Example: reconcilery repair resume 1f6c0f9e-6a51-4a5e-9c3d-2f1f0f6f7c11")
@click.argument("run_id")
@way_flags
@idle_flags("--yes")
@json_flag
@click.pass_context
def resume(ctx: click.Context, *, run_id: str, local: bool, wait: float | None, no_wait: bool, as_json: bool) -> None:
    """Go on with a paused repair; what has failed before is not held against it again."""
    way = way_of(local=local, wait=wait, no_wait=no_wait)
    with opened() as resources:
        run = resumed(resources, read_run(resources, run_id), Applying(way, actor()))
        end_with(ctx, resources, run, as_json=as_json)
