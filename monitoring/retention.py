"""What has become old is forgotten: events, and services that were not heard for as long."""

from datetime import datetime, timedelta

from sqlalchemy import Engine

from consistency.database import database_now, transaction
from consistency.ledger.events import forget_events
from consistency.ledger.pulses import forget_pulses
from consistency.patience import patient
from consistency.resources import Resources

#: How many go in one transaction, so that nobody who stores one waits long.
_TOGETHER = 5_000


def forget_old_events(resources: Resources) -> dict[str, int]:
    """Delete events that happened longer than `event_days` ago and of which nobody waits to be told; how many."""
    with transaction(resources.store) as connection:
        before = database_now(connection) - timedelta(days=resources.settings.event_days)
        pulses = forget_pulses(connection, before)
    events = 0
    while forgotten := _forget(resources.store, before):
        events += forgotten
    return {"events_deleted": events, "pulses_deleted": pulses}


@patient
def _forget(store: Engine, before: datetime) -> int:
    with transaction(store) as connection:
        return forget_events(connection, before, _TOGETHER)
