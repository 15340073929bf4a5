"""Which events a command shows: the flags for that, and the filter that they come to."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click
from sqlalchemy import Connection

from api.views.event_types import wanted_type
from cli.named_flags import named_by
from consistency.dates import window_of
from consistency.durations import parse_duration
from consistency.event_checks import check_service
from consistency.events import EventLevel
from consistency.ledger.events import EventFilter
from consistency.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])

LEVELS = click.Choice([str(level) for level in EventLevel], case_sensitive=False)
_FLAGS = {"event_type": "--type", "service": "--service"}
_OPTIONS = (
    click.option("--type", "types", multiple=True, metavar="TYPE", help="Only of this type; may be given again."),
    click.option("--level", type=LEVELS, default="info", show_default=True, help="Only from this level on."),
    click.option(
        "--service", "services", multiple=True, metavar="NAME", help="Only of this service; may be given again."
    ),
)


def choosing(command: F) -> F:
    """Adds the flags; the command gets `types`, `level` and `services`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def chosen_events(
    connection: Connection, settings: Settings, types: Sequence[str], level: str, services: Sequence[str]
) -> EventFilter:
    """What the flags come to; BadRequest, which names the flag, for a type that nobody knows."""
    with named_by(_FLAGS):
        return EventFilter(
            services=tuple(map(check_service, services)),
            types=tuple(wanted_type(connection, settings, name) for name in types),
            min_level=EventLevel(level),
        )


def between(chosen: EventFilter, since: str, until: str | None, zone: ZoneInfo, now: datetime) -> EventFilter:
    """The same within the times that were typed; without an end it is open, for a sender's clock may be ahead."""
    window = window_of(_reaching_back(since), until, zone, now, timedelta(0), ("--since", "--until"))
    return replace(chosen, since=window.start, until=window.end if until else None)


def _reaching_back(text: str) -> str:
    """`24h` is short for `now-24h`."""
    try:
        parse_duration(text)
    except ValueError:
        return text
    return f"now-{text}"
