"""Events as they come in: each once, also those that are committed later than others that came after them."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection

from cli.interrupts import sleep_in_slices
from cli.ledger import reading
from cli.terminal import note
from consistency.errors import DatabaseUnavailable
from consistency.ledger.events import EventFilter, StoredEvent, events_received
from consistency.resources import Resources

#: How long a transaction that stores events may take without being overlooked.
OVERLAP = timedelta(seconds=60)
_PAGE = 1000
_PAUSE, _PAUSE_WITHOUT = 0.5, 2.0
#: Looking may take this share of the time at most.
_MOST_LOOKING = 0.2


class Following:
    """Remembers what has been seen; the first look finds all that came in lately."""

    def __init__(self, chosen: EventFilter) -> None:
        self._chosen = chosen
        self._since: datetime | None = None
        self._seen: dict[str, datetime] = {}

    def look(self, connection: Connection, now: datetime) -> list[StoredEvent]:
        """What has come in since the last look, oldest first; `now` is what time the ledger has."""
        since = self._since or now - OVERLAP
        found = [stored for stored in _received(connection, since, self._chosen) if stored.id not in self._seen]
        self._since = now - OVERLAP
        self._seen |= {stored.id: stored.received_at for stored in found}
        self._seen = {name: moment for name, moment in self._seen.items() if moment >= self._since}
        return found


def _received(connection: Connection, since: datetime, chosen: EventFilter) -> Iterator[StoredEvent]:
    last: StoredEvent | None = None
    while page := events_received(connection, since, chosen, _PAGE, last):
        yield from page
        last = page[-1]


def follow(
    resources: Resources, following: Following, show: Callable[[StoredEvent], None], stop_if_pressed: Callable[[], None]
) -> None:
    """Show what comes in until `stop_if_pressed` raises; an outage of the ledger is waited out."""
    reached = True
    while True:
        began = time.monotonic()
        try:
            with reading(resources) as (connection, now):
                found = following.look(connection, now)
        except DatabaseUnavailable as error:
            if reached:
                note(f"Note: {error}; trying again")
            reached = False
        else:
            if not reached:
                note("Note: the ledger answers again")
            reached = True
            for stored in found:
                show(stored)
        pause = _PAUSE if reached else _PAUSE_WITHOUT
        sleep_in_slices(max(pause, (time.monotonic() - began) / _MOST_LOOKING), stop_if_pressed)
