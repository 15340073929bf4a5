"""`reconcilery repair status`: how a run stands."""

import click

from cli.as_json import json_flag
from cli.repair.flags import idle_flags
from cli.repair.ledger import newest_run, opened, read_run
from cli.repair.told import tell_plan, tell_run
from compensation.states import RunState


@click.command(epilog="Example: reconcilery repair status --json")
@click.argument("run_id", required=False)
@idle_flags("--local", "--yes")
@json_flag
def status(*, run_id: str | None, as_json: bool) -> None:
    """Show how a run stands, what came of it, and which commands come next; the newest run unless RUN_ID is given."""
    with opened() as resources:
        run = read_run(resources, run_id) if run_id is not None else newest_run(resources)
        known = any(rule.id == run.rule_id for rule in resources.settings.rules)
        if run.state is RunState.PLANNED and known and not as_json:
            tell_plan(resources, run, as_json=False)
        else:
            tell_run(resources, run, as_json=as_json)
