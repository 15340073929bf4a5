"""`reconcilery repair`: the commands for runs of a repair."""

import click

from cli.lazy_group import LazyGroup

COMMANDS = {
    "plan": "cli.repair.plan",
    "apply": "cli.repair.apply",
    "status": "cli.repair.status",
    "list": "cli.repair.listing:list_runs",
    "items": "cli.repair.items",
    "events": "cli.repair.events",
    "pause": "cli.repair.steering",
    "resume": "cli.repair.resume",
    "cancel": "cli.repair.steering",
    "redrive": "cli.repair.redrive",
    "rollback": "cli.repair.rollback",
}


@click.group(cls=LazyGroup, places=COMMANDS, epilog="Example: reconcilery repair plan --start-date 2026-09-15")
def repair() -> None:
    """Plan a repair, apply it, watch and steer it, and take it back.

    A plan writes nothing to the application's tables. What a run writes stands in its journal, row by row, and can be
    taken back with one command.
    """
