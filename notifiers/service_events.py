"""Events of services on their way to people: each is given to the groups of its routes once, in small transactions."""

from collections.abc import Sequence
from datetime import datetime

import structlog
from sqlalchemy import Connection

from consistency.database import database_errors, database_now, transaction
from consistency.errors import DatabaseError, DatabaseUnavailable
from consistency.ledger.events import StoredEvent, is_told, mark_events_told, untold_events
from consistency.patience import patient
from consistency.resources import Resources
from consistency.settings import Settings
from notifiers.messages.event_facts import notice_of_event
from notifiers.routing.notices import Arrival, add_notices

log = structlog.get_logger(__name__)

#: How many are taken in together, and how many at most before other work has its turn.
TOGETHER = 200
MOST = 20_000


def take_in_events(resources: Resources) -> int:
    """Give the events that wait to their groups; how many. Several may do so at once."""
    taken = 0
    while taken < MOST and (more := _take_some_in(resources)):
        taken += more
    return taken


@patient
def _take_some_in(resources: Resources) -> int:
    with transaction(resources.store) as connection:
        now = database_now(connection)
        waiting = untold_events(connection, TOGETHER)
        arrived = [_arrival(each, resources.settings) for each in waiting]
        _give(connection, resources.settings, arrived, now)
        mark_events_told(connection, [each.id for each in waiting])
    return len(waiting)


def _give(connection: Connection, settings: Settings, arrived: Sequence[Arrival], now: datetime) -> None:
    """Give them to their groups; one that cannot be kept there keeps none of the others back, for ever."""
    try:
        with database_errors(connection.engine), connection.begin_nested():
            add_notices(connection, settings, arrived, now)
    except DatabaseUnavailable:
        raise
    except (DatabaseError, ValueError) as error:
        if len(arrived) == 1:
            log.warning("event.not_told", what=arrived[0].source, reason=str(error))
            return
        for each in arrived:
            _give(connection, settings, [each], now)


def _arrival(stored: StoredEvent, settings: Settings) -> Arrival:
    event = stored.event
    notice = notice_of_event(event, stored.occurred_at, settings.service)
    return Arrival(f"event {stored.id}", notice, mild=not is_told(event.level, settings.tell_events_from))
