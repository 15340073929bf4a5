"""`reconcilery notify redeliver`: messages that were given up are sent again, under their ids."""

import click

from cli.as_json import json_flag, print_object
from cli.ledger import opened_ledger, writing, zone_of
from cli.notify.known import require_channel
from cli.terminal import note
from consistency.dates import parse_start
from notifiers.deliveries import dead


@click.command(epilog="Example: reconcilery notify redeliver --channel ops --since now-24h --dry-run")
@click.argument("messages", nargs=-1, metavar="[MESSAGE]...")
@click.option("--channel", metavar="CHANNEL", help="Those to this channel.")
@click.option("--since", metavar="TIME", help="Those given up since then, like now-24h.")
@click.option("--dry-run", is_flag=True, help="Only say which they are.")
@json_flag
def redeliver(
    *, messages: tuple[str, ...], channel: str | None, since: str | None, dry_run: bool, as_json: bool
) -> None:
    """Send dead messages again; a receiver that has one already knows it by its id.

    A message is named by its id or how that begins.
    """
    with opened_ledger() as resources, writing(resources) as (connection, now):
        moment = parse_start(since, zone_of(resources), now, "--since") if since else None
        require_channel(connection, resources.settings, channel)
        found = dead.redeliver(connection, messages, channel, moment, dry_run=dry_run, now=now)
    if as_json:
        print_object(dry_run=dry_run, messages=found)
        return
    for message in found:
        click.echo(message)
    note(_sum(len(found), dry_run=dry_run))


def _sum(number: int, *, dry_run: bool) -> str:
    messages = "1 message" if number == 1 else f"{number} messages"
    if not number:
        return "No message was given up that fits."
    if dry_run:
        return f"{messages} would be sent again."
    return f"{messages} will be sent again by the next sweep."
