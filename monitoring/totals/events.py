"""Events of services, by type and level."""

from datetime import datetime

from sqlalchemy import Connection, func, select

from consistency.ledger.event_tables import events
from consistency.settings import Settings
from monitoring.totals.counting import Counted, between, place_of


def count_events(connection: Connection, settings: Settings, place: str, before: datetime | None) -> Counted:
    """Events by the moment at which they came in."""
    del settings
    came = between(events.c.received_at, place, before)
    counted = select(events.c.event_type, events.c.level, func.count()).where(came)
    rows = connection.execute(counted.group_by(events.c.event_type, events.c.level))
    return Counted(place_of(before), {("events", kind, level): float(count) for kind, level, count in rows})
