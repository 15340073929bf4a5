"""`reconcilery notify list`: every message with its channel, its attempts and what was answered."""

import click

from cli.as_json import json_flag, print_object
from cli.ledger import opened_ledger, reading
from cli.notify.known import require_channel
from cli.notify.told import HEADER, delivery_object, delivery_row, last_answer
from cli.terminal import columns, fitted, note, width
from notifiers.deliveries.listing import latest_deliveries
from notifiers.deliveries.states import DeliveryState

_SHOWN = 20


@click.command("list", epilog="Example: reconcilery notify list --channel ops")
@click.option("--channel", metavar="CHANNEL", help="Only to this channel.")
@click.option("--state", type=click.Choice([str(state) for state in DeliveryState]), help="Only in this state.")
@click.option("--limit", type=click.IntRange(min=1, max=1000), default=_SHOWN, show_default=True, metavar="N")
@json_flag
def list_deliveries(*, channel: str | None, state: str | None, limit: int, as_json: bool) -> None:
    """List the latest messages, newest first."""
    with opened_ledger() as resources, reading(resources) as (connection, now):
        require_channel(connection, resources.settings, channel)
        wanted = DeliveryState(state) if state else None
        found = latest_deliveries(connection, channel, wanted, limit)
        told = [delivery_object(connection, each) for each in found] if as_json else []
        rows = [delivery_row(each, last_answer(connection, each), now) for each in found]
    if as_json:
        print_object(deliveries=told)
    elif not found:
        note("No such message." if channel or state else "No message has been written yet.")
    else:
        for line in columns([HEADER, *rows]):
            click.echo(fitted(line, width()))
