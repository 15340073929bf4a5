"""`reconcilery alerts silences`: what is not told, by whose word and why."""

from datetime import datetime
from zoneinfo import ZoneInfo

import click

from api.views.silences import silence_object
from api.views.times import local_text
from cli.as_json import json_flag, print_object
from cli.ledger import opened_ledger, reading, zone_of
from cli.terminal import columns, fitted, note, printable, width
from notifiers.alerts.silences import Silence, find_silences


@click.command(epilog="Example: reconcilery alerts silences --all")
@click.option("--all", "ended", is_flag=True, help="Also those that are over.")
@json_flag
def silences(*, ended: bool, as_json: bool) -> None:
    """List what is silenced, from when until when, by whom and why."""
    with opened_ledger() as resources:
        with reading(resources) as (connection, now):
            found = find_silences(connection, None if ended else now)
        zone = zone_of(resources)
    if as_json:
        print_object(silences=[silence_object(silence) for silence in found])
    elif not found:
        note("Nothing is silenced.")
    else:
        header = ("silence", "what", "from", "until", "by", "why")
        for line in columns([header, *(_row(silence, zone, now) for silence in found)]):
            click.echo(fitted(line, width()))


def _row(silence: Silence, zone: ZoneInfo, now: datetime) -> tuple[str, ...]:
    what = ", ".join(f"{name} {value}" for name, value in silence.matchers.items())
    until = local_text(silence.ended_at or silence.ends_at, zone)
    over = "" if silence.ended_at is None and now < silence.ends_at else " (over)"
    shown = (silence.id[:8], what, local_text(silence.starts_at, zone), until + over, silence.author, silence.reason)
    return tuple(map(printable, shown))
