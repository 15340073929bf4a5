"""`reconcilery schedule`: what runs when, and whether it does."""

import json
from zoneinfo import ZoneInfo

import click

from api.views.overview import schedule_overview
from cli.as_json import json_flag
from cli.errors import ReportingGroup
from cli.overview_text import schedule_lines
from consistency.database import database_now, transaction
from consistency.model import utc_text
from consistency.resources import open_resources, require_ledger
from consistency.settings import load_settings
from monitor_tasks.timetable import timetable


@click.group(cls=ReportingGroup, epilog="Example: reconcilery schedule show")
def schedule() -> None:
    """Show when which check runs."""


@schedule.command(epilog="Example: reconcilery schedule show --json")
@json_flag
def show(as_json: bool) -> None:  # noqa: FBT001 - click calls it by name
    """Show every entry of the schedule: when it runs, its next and last turn, and how far it lags behind."""
    settings = load_settings()
    resources = open_resources(settings)
    try:
        require_ledger(resources.store)
        with transaction(resources.store.execution_options(readonly=True)) as connection:
            now = database_now(connection)
            entries = schedule_overview(connection, settings, timetable(), now)
    finally:
        resources.dispose()
    if as_json:
        content = {"schema_version": 1, "as_of": utc_text(now), "timezone": settings.timezone, "entries": entries}
        click.echo(json.dumps(content, ensure_ascii=False))
    else:
        click.echo("\n".join(schedule_lines(entries, ZoneInfo(settings.timezone))))
