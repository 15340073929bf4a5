"""`reconcilery status`: one screen that says how things stand."""

import json
from zoneinfo import ZoneInfo

import click

from api.views.processes import find_signs
from api.views.status import status_of
from cli.as_json import json_flag
from cli.overview_text import status_lines
from cli.terminal import has_colours
from consistency.resources import open_resources
from consistency.settings import load_settings


@click.command(epilog="Example: reconcilery status --json")
@json_flag
def status(as_json: bool) -> None:  # noqa: FBT001 - click calls it by name
    """Show the latest checks, what is wrong, the schedule, what runs, and whether worker and beat live."""
    settings = load_settings()
    resources = open_resources(settings)
    try:
        found = status_of(resources, signs=find_signs(settings))
    finally:
        resources.dispose()
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        click.echo("\n".join(status_lines(found, ZoneInfo(settings.timezone), colours=has_colours())))
