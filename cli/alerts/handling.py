"""`reconcilery alerts ack` and `resolve`: a person's word on an alert."""

import click

from api.orders.lengths import span
from api.views.alerts import alert_object, short_id
from api.views.times import local_text
from cli.actor import actor
from cli.as_json import json_flag, print_object
from cli.ledger import opened_ledger, writing, zone_of
from cli.terminal import printable
from notifiers.alerts import handling

_note = click.option("--note", metavar="TEXT", default="", help="What others should know; kept with the alert.")


@click.command(epilog="Example: reconcilery alerts ack 3f2a --for 2h --note 'looking at it'")
@click.argument("alert")
@click.option(
    "--for", "length", metavar="DURATION", help="For how long, like 30m or 4h; the setting ack_for unless said."
)
@_note
@json_flag
def ack(*, alert: str, length: str | None, note: str, as_json: bool) -> None:
    """Take an alert on: it is not repeated and not escalated, unless it becomes worse."""
    with opened_ledger() as resources:
        with writing(resources) as (connection, now):
            until = now + (span("--for", length) if length else resources.settings.ack_for)
            done = handling.acknowledge(connection, resources.settings, alert, actor(), now, until=until, note=note)
        zone = zone_of(resources)
    if as_json:
        print_object(alert=alert_object(done))
    else:
        click.echo(printable(f"Alert {short_id(done)} is yours until {local_text(until, zone)}: {done.summary}"))


@click.command(epilog="Example: reconcilery alerts resolve 3f2a --note 'was a test'")
@click.argument("alert")
@_note
@json_flag
def resolve(*, alert: str, note: str, as_json: bool) -> None:
    """Say that an alert is over; if the next check disagrees, it opens again."""
    with opened_ledger() as resources, writing(resources) as (connection, now):
        done = handling.resolve(connection, resources.settings, alert, actor(), now, note=note)
    if as_json:
        print_object(alert=alert_object(done))
    else:
        click.echo(printable(f"Alert {short_id(done)} is over by your word: {done.summary}"))
