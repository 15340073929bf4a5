"""`reconcilery repair pause` and `cancel`: a person's word to a run."""

import click

from cli.actor import actor
from cli.as_json import json_flag
from cli.repair.flags import idle_flags
from cli.repair.ledger import opened
from cli.repair.told import tell_run
from compensation import control


@click.command(
    epilog="Example: reconcilery repair pause 1f6c0f9e-6a51-4a5e-9c3d-2f1f0f6f7c11 --reason 'nightly backup'"
)
@click.argument("run_id")
@click.option("--reason", metavar="TEXT", default="", help="Why; kept with the run.")
@idle_flags("--local", "--yes")
@json_flag
def pause(*, run_id: str, reason: str, as_json: bool) -> None:
    """Stop a running repair until it is resumed; when this has returned, nothing more is written."""
    with opened() as resources:
        run = control.pause(resources, run_id, actor(), reason)
        tell_run(resources, run, as_json=as_json)


@click.command(epilog="Example: reconcilery repair cancel 1f6c0f9e-6a51-4a5e-9c3d-2f1f0f6f7c11")
@click.argument("run_id")
@idle_flags("--local", "--yes")
@json_flag
def cancel(*, run_id: str, as_json: bool) -> None:
    """End a plan, or a repair that runs or is paused; what it has written stays, and can be rolled back."""
    with opened() as resources:
        run = control.cancel(resources, run_id, actor())
        tell_run(resources, run, as_json=as_json)
