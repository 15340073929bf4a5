"""`reconcilery repair plan`: what a repair would do."""

from typing import Any

import click

from cli.as_json import json_flag
from cli.repair.asked import ScopeFlags, order_of
from cli.repair.flags import idle_flags, scope_flags
from cli.repair.ledger import opened
from cli.repair.planning import planned
from cli.repair.told import tell_plan


@click.command(epilog="Example: reconcilery repair plan --start-date 2026-09-15 --max-tasks 500")
@scope_flags
@click.option("--local", is_flag=True, help="Do not ask Redis for the limits that workers share.")
@click.option("--dry-run", is_flag=True, hidden=True, help="A plan is one anyway.")
@idle_flags("--yes")
@json_flag
def plan(*, local: bool, dry_run: bool, as_json: bool, **scope: Any) -> None:
    """Show which tasks would be repaired and which rows would be written; nothing is written but the plan itself.

    The provider is asked for the first tasks (repair_preview), so that their rows can be shown. `repair apply` carries
    out that very plan.
    """
    del dry_run
    with opened() as resources:
        run, _ = planned(resources, order_of(resources.settings, ScopeFlags(**scope), dry_run=True), local=local)
        tell_plan(resources, run, as_json=as_json)
