"""`reconcilery events emit`: one event from a script, by the way that services send theirs."""

import click

from cli.as_json import json_flag, print_object
from cli.events.choosing import LEVELS
from cli.events.given import given_object
from cli.named_flags import named_by
from cli.terminal import printable
from consistency.errors import ConfigurationError, ReconcileryError
from consistency.event_checks import event_of_object, seal
from consistency.events import WrittenEvent
from consistency.settings import Settings, load_settings
from monitoring.emitting.places import find_places
from monitoring.transports.choosing import open_transport

_FLAGS = {
    "event_type": "TYPE",
    "message": "MESSAGE",
    "level": "--level",
    "details": "--details",
    "metrics": "--metrics",
    "service": "--service",
    "id": "--id",
}


class NotTaken(ReconcileryError):
    """The other side will never take the event."""


@click.command(
    epilog="Example: reconcilery events emit sync_success 'nightly sync' --metrics '{\"records_synced\": 5}'"
)
@click.argument("event_type", metavar="TYPE")
@click.argument("message")
@click.option("--level", type=LEVELS, default="info", show_default=True, help="How grave it is.")
@click.option("--details", metavar="JSON", help="An object of what belongs to it; - reads it from stdin.")
@click.option("--metrics", metavar="JSON", help="An object of numbers.")
@click.option("--service", metavar="NAME", help="Whose event it is; the setting service unless said.")
@click.option("--id", "event_id", metavar="ID", help="The same id sent again is kept once.")
@json_flag
def emit(
    *,
    event_type: str,
    message: str,
    level: str,
    details: str | None,
    metrics: str | None,
    service: str | None,
    event_id: str | None,
    as_json: bool,
) -> None:
    """Send one event, and wait until it is taken.

    It goes where the setting events_url says, else into the own tables. When nobody takes it, this is exit code 1,
    and nothing is left to be sent later.
    """
    settings = load_settings()
    asked = {
        "event_type": event_type,
        "level": level,
        "service": service or find_places().service,
        "message": message,
        "details": given_object("--details", details),
        "metrics": given_object("--metrics", metrics),
        "id": event_id,
    }
    with named_by(_FLAGS):
        event = seal(event_of_object(asked, settings.event_types))
    place = _send(settings, event)
    if as_json:
        print_object(id=event.id, taken_by=place, event=event.read().body())
    else:
        click.echo(printable(f"Event {event.id} was taken by {place}."))


def _send(settings: Settings, event: WrittenEvent) -> str:
    """Who has taken it."""
    transport = open_transport(settings)
    if transport is None:
        raise ConfigurationError(
            "events_url: events lead nowhere yet; set RECONCILERY_EVENTS_URL or RECONCILERY_DATABASE_URL"
        )
    try:
        refused = transport.send([event])
    finally:
        transport.close()
    if refused:
        raise NotTaken(f"{transport.name}: the event was refused: {refused[0].reason}")
    return transport.name
