"""Types of events that can be asked for."""

from sqlalchemy import Connection

from consistency.errors import BadEvent
from consistency.event_checks import check_type_name, check_wanted_type
from consistency.ledger.events import EventFilter, find_events
from consistency.settings import Settings


def wanted_type(connection: Connection, settings: Settings, name: str) -> str:
    """One that the settings know, or one that has come in: services may register types that are not written there."""
    found = check_type_name(name)
    try:
        return check_wanted_type(found, settings.event_types)
    except BadEvent:
        if not find_events(connection, EventFilter(types=(found,)), limit=1):
            raise
        return found
