"""Which events are asked for: the parameters of the list and the stream, and the filter that they come to."""

from collections.abc import Callable
from datetime import datetime

from pydantic import Field
from sqlalchemy import Connection

from api.http.cursors import Page, bad_cursor, read_cursor, write_cursor
from api.http.moments import moment_of
from api.http.problems import bad_parameter
from api.views.event_types import wanted_type
from consistency.dates import parse_end
from consistency.errors import BadEvent
from consistency.event_checks import check_level, check_service
from consistency.event_ids import EVENT_ID
from consistency.events import EventLevel
from consistency.ledger.events import EventFilter, StoredEvent
from consistency.model import parse_utc, utc_text
from consistency.settings import Settings

_KIND = "events"


class EventQuery(Page):
    """What is left out fits everything."""

    service: list[str] = Field(default=[], max_length=50, description="only of this service; may be given again")
    type: list[str] = Field(default=[], max_length=50, description="only of this type; may be given again")
    level: str = Field(default="info", description="only from this level on: info, warning, error, critical")
    since: str = Field(default="", max_length=64, description="from when on they happened, such as now-24h or a date")
    until: str = Field(default="", max_length=64, description="before when, or through which date")


def chosen_events(connection: Connection, settings: Settings, query: EventQuery, now: datetime) -> EventFilter:
    """The filter; a Problem names the parameter that is wrong."""
    services = tuple(_checked("service", check_service, name) for name in query.service)
    types = tuple(_checked("type", lambda name: wanted_type(connection, settings, name), name) for name in query.type)
    level = EventLevel(_checked("level", check_level, query.level))
    since = moment_of("since", query.since, settings, now)
    until = moment_of("until", query.until, settings, now, parse_end)
    if since and until and since >= until:
        raise bad_parameter("until", f"{utc_text(until)} is not after {utc_text(since)}, where the list begins")
    return EventFilter(services, types, level, since, until)


def cursor_of(stored: StoredEvent) -> str:
    """The place in the list behind this event."""
    return write_cursor(_KIND, utc_text(stored.occurred_at), stored.id)


def place_of(query: EventQuery) -> StoredEvent | None:
    """The event behind which the page begins, as far as its place goes; a Problem for a bad cursor."""
    found = read_cursor(_KIND, query.cursor, 2)
    if found is None:
        return None
    try:
        moment = parse_utc(found[0])
    except (ValueError, OverflowError):
        raise bad_cursor() from None
    if not EVENT_ID.fullmatch(found[1]):
        raise bad_cursor()
    return StoredEvent(found[1], moment, moment, "{}")


def _checked(parameter: str, check: Callable[[str], str], value: str) -> str:
    try:
        return check(value)
    except BadEvent as error:
        raise bad_parameter(parameter, str(error).partition(": ")[2]) from None
