"""`reconcilery notify dead`: messages that were given up."""

import click

from cli.as_json import json_flag, print_object
from cli.ledger import opened_ledger, reading, zone_of
from cli.notify.known import require_channel
from cli.notify.told import HEADER, delivery_object, delivery_row, last_answer
from cli.terminal import columns, fitted, note, width
from consistency.dates import parse_start
from notifiers.deliveries.dead import dead_deliveries

_SHOWN = 100


@click.command(epilog="Example: reconcilery notify dead --channel ops")
@click.option("--channel", metavar="CHANNEL", help="Only to this channel.")
@click.option("--since", metavar="TIME", help="Only those given up since then, like now-24h.")
@click.option("--limit", type=click.IntRange(min=1, max=10_000), default=_SHOWN, show_default=True, metavar="N")
@json_flag
def dead(*, channel: str | None, since: str | None, limit: int, as_json: bool) -> None:
    """List the messages that nobody was told, with the reason."""
    with opened_ledger() as resources:
        zone = zone_of(resources)
        with reading(resources) as (connection, now):
            require_channel(connection, resources.settings, channel)
            moment = parse_start(since, zone, now, "--since") if since else None
            found = dead_deliveries(connection, channel, moment, limit)
            told = [delivery_object(connection, each) for each in found] if as_json else []
            rows = [delivery_row(each, last_answer(connection, each), now) for each in found]
    if as_json:
        print_object(deliveries=told)
    elif not found:
        note("No message was given up.")
    else:
        for line in columns([HEADER, *rows]):
            click.echo(fitted(line, width()))
        note("Send them again: reconcilery notify redeliver MESSAGE, or --channel CHANNEL")
