"""Events of services on their way to people: each is given to the groups of its routes once, in small transactions."""

from consistency.database import database_now, transaction
from consistency.events import TOLD_AS, EventLevel
from consistency.ledger.events import StoredEvent, is_told, mark_events_told, untold_events
from consistency.patience import patient
from consistency.resources import Resources
from notifiers.messages.message import NoticeFact
from notifiers.routing.notices import Arrival, add_notices

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
        arrived = [_arrival(each, resources.settings.tell_events_from) for each in waiting]
        add_notices(connection, resources.settings, arrived, now)
        mark_events_told(connection, [each.id for each in waiting])
    return len(waiting)


def _arrival(stored: StoredEvent, tell_from: EventLevel) -> Arrival:
    event = stored.event
    notice = NoticeFact(
        event_type=event.event_type,
        level=TOLD_AS[EventLevel(event.level)],
        service=event.service,
        rule="",
        message=event.message,
        at=stored.occurred_at,
        body=event.body(),
    )
    return Arrival(f"event {stored.id}", notice, mild=not is_told(event.level, tell_from))
