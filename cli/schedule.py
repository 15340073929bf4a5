"""`reconcilery schedule`: what runs when, and whether it does."""

import json
from zoneinfo import ZoneInfo

import click

from api.views.schedule import schedule_object
from cli.as_json import json_flag
from cli.errors import ReportingGroup
from cli.overview_text import schedule_lines
from consistency.database import database_now, transaction
from consistency.resources import open_resources, require_ledger
from consistency.settings import load_settings


@click.group(cls=ReportingGroup, epilog="Example: reconcilery schedule show")
def schedule() -> None:
    """Show when which check runs."""


@schedule.command(epilog="Example: reconcilery schedule show --json")
@json_flag
def show(as_json: bool) -> None:  # noqa: FBT001 - click calls it by name
    """Show every entry of the schedule: when it runs, its next turn, and of checks also the last one and its lag.

    When other tasks ran is kept nowhere: their last turn is -, and so is the next one of those that run by an interval.
    """
    settings = load_settings()
    resources = open_resources(settings)
    try:
        require_ledger(resources.store)
        with transaction(resources.store.execution_options(readonly=True)) as connection:
            found = schedule_object(connection, settings, database_now(connection))
    finally:
        resources.dispose()
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        click.echo("\n".join(schedule_lines(found["entries"], ZoneInfo(settings.timezone))))
