"""`reconcilery compensate`: plan and apply in one command."""

from typing import Any

import click

from cli.as_json import json_flag
from cli.repair.asked import ScopeFlags
from cli.repair.doing import plan_and_apply
from cli.repair.flags import scope_flags, way_flags, way_of, yes_flag
from cli.repair.ledger import opened


@click.command(epilog="Example: reconcilery compensate --start-date 2026-09-15 --end-date 2026-09-16")
@scope_flags
@click.option("--dry-run", is_flag=True, help="Only show the plan.")
@yes_flag
@way_flags
@json_flag
@click.pass_context
def compensate(
    ctx: click.Context,
    /,
    *,
    dry_run: bool,
    yes: bool,
    local: bool,
    wait: float | None,
    no_wait: bool,
    as_json: bool,
    **scope: Any,
) -> None:
    """Put missing outputs back: make a plan, apply it, and measure again what is missing.

    Without dates and ids, the last 14 days. A run of the same scope that is under way is joined.
    """
    way = way_of(local=local, wait=wait, no_wait=no_wait)
    with opened() as resources:
        plan_and_apply(ctx, resources, ScopeFlags(**scope), way, dry_run=dry_run, approved=yes, as_json=as_json)
