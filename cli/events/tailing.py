"""`reconcilery events tail`: the latest events, and on request those that come in."""

import json
from collections.abc import Callable
from zoneinfo import ZoneInfo

import click

from api.views.following import Following
from cli.events.choosing import choosing, chosen_events
from cli.events.following import follow
from cli.events.told import event_line, event_object
from cli.interrupts import interrupt_deferred
from cli.ledger import opened_ledger, reading, zone_of
from cli.terminal import fitted, note, width
from consistency.ledger.events import StoredEvent, find_events

_SHOWN = 10
_MOST = 10_000
_HELP = "How many of those that are there."


@click.command(epilog="Example: reconcilery events tail --follow --level warning")
@click.option("-f", "--follow", "go_on", is_flag=True, help="Go on with what comes in, until Ctrl-C.")
@click.option("-n", "number", type=click.IntRange(0, _MOST), default=_SHOWN, show_default=True, metavar="N", help=_HELP)
@choosing
@click.option("--json", "as_json", is_flag=True, help="Print each event as one JSON object on a line.")
def tail(
    *,
    go_on: bool,
    number: int,
    types: tuple[str, ...],
    level: str,
    services: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show the latest events, the newest last; with --follow also those that come in, as they come in."""
    with opened_ledger() as resources, interrupt_deferred() as stop_if_pressed:
        show = _as_json if as_json else _for_people(zone_of(resources))
        with reading(resources) as (connection, now):
            chosen = chosen_events(connection, resources.settings, types, level, services)
            latest = find_events(connection, chosen, number) if number else []
            following = Following(chosen)
            if go_on:
                following.begin(connection, now)
        for stored in reversed(latest):
            show(stored)
        if go_on:
            follow(resources, following, show, stop_if_pressed)
        elif number and not latest:
            note("No such event.")


def _as_json(stored: StoredEvent) -> None:
    click.echo(json.dumps(event_object(stored), ensure_ascii=False))


def _for_people(zone: ZoneInfo) -> Callable[[StoredEvent], None]:
    return lambda stored: click.echo(fitted(event_line(stored, zone), width()))
