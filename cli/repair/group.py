"""`reconcilery repair`: the commands for runs of a repair."""

import click

from cli.lazy_group import LazyGroup, Listed

COMMANDS = {
    "plan": Listed("cli.repair.plan", "Show what would be repaired and written; writes nothing else."),
    "apply": Listed("cli.repair.apply", "Repair what a plan says."),
    "status": Listed("cli.repair.status", "Show how a run stands, and which commands come next."),
    "list": Listed("cli.repair.listing:list_runs", "List the latest runs and plans, newest first."),
    "items": Listed("cli.repair.items", "List the tasks of a run, each with its outcome and why."),
    "events": Listed("cli.repair.events", "Show the history of a run, and who did what."),
    "pause": Listed("cli.repair.steering", "Stop a running repair until it is resumed."),
    "resume": Listed("cli.repair.resume", "Go on with a paused repair."),
    "cancel": Listed("cli.repair.steering", "End a plan or a repair; what it has written stays."),
    "redrive": Listed("cli.repair.redrive", "Try again what an ended run did not repair."),
    "rollback": Listed("cli.repair.rollback", "Delete the rows that a run has written and nobody changed."),
}


@click.group(cls=LazyGroup, listed=COMMANDS, epilog="Example: reconcilery repair plan --start-date 2026-09-15")
def repair() -> None:
    """Plan a repair, apply it, watch and steer it, and take it back.

    A plan writes nothing to the application's tables. What a run writes stands in its journal, row by row, and can be
    taken back with one command.
    """
