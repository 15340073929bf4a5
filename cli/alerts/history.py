"""`reconcilery alerts history`: everything that happened, and who did it."""

from zoneinfo import ZoneInfo

import click

from api.views.times import local_text
from cli.as_json import json_flag, print_object
from cli.ledger import opened_ledger, reading, zone_of
from cli.terminal import columns, fitted, note, printable, width
from notifiers.alerts.handling import require_alert
from notifiers.alerts.history import Entry
from notifiers.alerts.history import history as entries

_SHOWN = 50


@click.command(epilog="Example: reconcilery alerts history 3f2a")
@click.argument("alert", required=False)
@click.option("--limit", type=click.IntRange(min=1, max=10_000), default=_SHOWN, show_default=True, metavar="N")
@json_flag
def history(*, alert: str | None, limit: int, as_json: bool) -> None:
    """Show what happened to one alert or to all, newest first."""
    with opened_ledger() as resources:
        with reading(resources) as (connection, _):
            alert_id = None if alert is None else require_alert(connection, alert).id
            found = entries(connection, alert_id, limit)
        zone = zone_of(resources)
    if as_json:
        print_object(changes=[entry.as_dict() for entry in found])
    elif not found:
        note("Nothing has happened yet.")
    else:
        for line in columns([_row(entry, zone) for entry in found]):
            click.echo(fitted(line, width()))


def _row(entry: Entry, zone: ZoneInfo) -> tuple[str, ...]:
    said = entry.payload.get("note") or entry.payload.get("summary") or ""
    shown = (
        local_text(entry.at, zone),
        entry.alert_id[:8],
        entry.change.replace("_", " "),
        entry.level or "-",
        entry.actor,
        said,
    )
    return tuple(map(printable, shown))
