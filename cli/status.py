"""`reconcilery status`: one screen that says how things stand."""

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from cli.as_json import json_flag
from cli.overview import latest_checks, overall_health, running, schedule_overview, signs_of_life
from cli.overview_alerts import alerts_overview, channels_overview
from cli.overview_text import status_lines
from cli.terminal import has_colours
from consistency.database import database_now, transaction
from consistency.model import utc_text
from consistency.resources import Resources, open_resources, require_ledger
from consistency.settings import load_settings
from monitor_tasks.timetable import timetable


@click.command(epilog="Example: reconcilery status --json")
@json_flag
def status(as_json: bool) -> None:  # noqa: FBT001 - click calls it by name
    """Show the latest checks, what is wrong, the schedule, what runs, and whether worker and beat live here."""
    settings = load_settings()
    resources = open_resources(settings)
    try:
        found = status_of(resources)
    finally:
        resources.dispose()
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        click.echo("\n".join(status_lines(found, ZoneInfo(settings.timezone), colours=has_colours())))


def status_of(resources: Resources, now: datetime | None = None) -> dict[str, Any]:
    """Everything that the status shows, as JSON values; `now` is the ledger's clock unless given."""
    require_ledger(resources.store)
    settings = resources.settings
    with transaction(resources.store.execution_options(readonly=True)) as connection:
        moment = now or database_now(connection)
        checks = latest_checks(connection, settings, moment)
        return {
            "schema_version": 1,
            "as_of": utc_text(moment),
            "health": overall_health(checks),
            "checks": checks,
            "schedule": schedule_overview(connection, settings, timetable(), moment),
            "running": running(connection),
            "alerts": alerts_overview(connection, moment),
            "channels": channels_overview(connection),
            "processes": signs_of_life(settings),
        }
