"""Events as they come in: each once, also those that are committed later than others that came after them."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from consistency.ledger.events import EventFilter, StoredEvent, events_received, find_event

#: How long a transaction that stores events may take without being overlooked.
OVERLAP = timedelta(seconds=30)
#: Looking may take this share of the time at most.
MOST_LOOKING = 0.2
_PAGE = 1000


class Following:
    """Remembers what has been seen; it begins behind the event `last_id`, if that is still known, else from now on."""

    def __init__(self, chosen: EventFilter, last_id: str = "") -> None:
        self._chosen = chosen
        self._last_id = last_id
        self._since: datetime | None = None
        self._page_end: StoredEvent | None = None
        self._seen: dict[str, datetime] = {}

    def begin(self, connection: Connection, now: datetime) -> None:
        """Set the place from which on events are new; `now` is what time the ledger has. The first look does it too."""
        last = find_event(connection, self._last_id) if self._last_id else None
        self._since = (last.received_at if last else now) - OVERLAP
        while last is None and (page := self._next_page(connection)):
            self._seen |= {stored.id: stored.received_at for stored in page}
            self._page_end = page[-1]
        self._page_end = None

    def look(self, connection: Connection, now: datetime) -> list[StoredEvent]:
        """A page of what has come in since the last look, oldest first."""
        if self._since is None:
            self.begin(connection, now)
        page = self._next_page(connection)
        new = [stored for stored in page if stored.id not in self._seen]
        self._seen |= {stored.id: stored.received_at for stored in new}
        self._page_end = page[-1] if len(page) == _PAGE else None
        if not self.has_more:
            self._since = now - OVERLAP
            self._seen = {name: moment for name, moment in self._seen.items() if moment >= self._since}
        return new

    @property
    def has_more(self) -> bool:
        """Whether the page was full, so that the next look is worth while at once."""
        return self._page_end is not None

    def _next_page(self, connection: Connection) -> list[StoredEvent]:
        assert self._since is not None
        return events_received(connection, self._since, self._chosen, _PAGE, self._page_end)
