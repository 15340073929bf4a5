"""Events as they come in, as server-sent events: each with its id, so that a client that comes back misses nothing."""

import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from functools import partial

import anyio
from anyio import CapacityLimiter, to_thread
from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import Connection

from api.event_text import told
from api.ledger import Ledger
from api.methods import HEAD_ONLY
from api.problems import Problem
from api.services import Services
from consistency.errors import DatabaseError
from consistency.ledger.events import EventFilter, StoredEvent, events_received, find_event

#: How long a transaction that stores events may take without being overlooked.
OVERLAP = timedelta(seconds=10)
_MOST_STREAMS = 100
_PAGE = 1000
_PAUSE, _PAUSE_WITHOUT, _SIGN_OF_LIFE = 0.5, 3.0, 15.0
#: Then the client comes again by itself, and shows its token anew.
_LONGEST = 3600.0
#: Looking may take this share of the time at most.
_MOST_LOOKING = 0.2
_BEGIN, _ALIVE, _LOST = b"retry: 3000\n\n", b": alive\n\n", b": the database does not answer, trying again\n\n"
_looking = CapacityLimiter(4)
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def wants_stream(request: Request) -> bool:
    """Whether the client asks for server-sent events."""
    return "text/event-stream" in request.headers.get("accept", "").lower()


class Following:
    """Remembers what has been seen: each event comes once, also one that is committed later than others after it."""

    def __init__(self, chosen: EventFilter, last_id: str = "") -> None:
        self._chosen = chosen
        self._last_id = last_id
        self._since: datetime | None = None
        self._page_end: StoredEvent | None = None
        self._seen: dict[str, datetime] = {}

    def look(self, connection: Connection, now: datetime) -> list[StoredEvent]:
        """A page of what has come in since the last look, oldest first; `now` is what time the ledger has."""
        if self._since is None:
            self._begin(connection, now)
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

    def _begin(self, connection: Connection, now: datetime) -> None:
        """Behind the last event that the client has seen, if it is still known, else from now on."""
        last = find_event(connection, self._last_id) if self._last_id else None
        self._since = (last.received_at if last else now) - OVERLAP
        while last is None and (page := self._next_page(connection)):
            self._seen |= {stored.id: stored.received_at for stored in page}
            self._page_end = page[-1]
        self._page_end = None

    def _next_page(self, connection: Connection) -> list[StoredEvent]:
        assert self._since is not None
        return events_received(connection, self._since, self._chosen, _PAGE, self._page_end)


def stream_answer(request: Request, services: Services, ledger: Ledger, chosen: EventFilter) -> Response:
    """The stream; a Problem when there are too many already."""
    if HEAD_ONLY in request.scope:
        return Response(media_type="text/event-stream", headers=_HEADERS)
    if len(services.streams) >= _MOST_STREAMS:
        raise Problem(503, f"{_MOST_STREAMS} streams are open, which is the limit", headers={"Retry-After": "60"})
    following = Following(chosen, request.headers.get("last-event-id", "")[:64])
    return StreamingResponse(_stream(services, ledger, following), media_type="text/event-stream", headers=_HEADERS)


async def _stream(services: Services, ledger: Ledger, following: Following) -> AsyncIterator[bytes]:
    mark = object()
    services.streams.add(mark)
    try:
        yield _BEGIN
        ends, told_at = time.monotonic() + _LONGEST, time.monotonic()
        while not services.stopping.is_set() and (now := time.monotonic()) < ends:
            text, pause = await to_thread.run_sync(partial(_look, ledger, following), limiter=_looking)
            if not text and now - told_at > _SIGN_OF_LIFE:
                text = _ALIVE
            if text:
                told_at = now
                yield text
            await anyio.sleep(max(pause, (time.monotonic() - now) / _MOST_LOOKING))
    finally:
        services.streams.discard(mark)


def _look(ledger: Ledger, following: Following) -> tuple[bytes, float]:
    """What to send, and after how many seconds to look again."""
    try:
        with ledger.reading() as (connection, now):
            found = following.look(connection, now)
    except DatabaseError:
        return _LOST, _PAUSE_WITHOUT
    text = b"".join(b"id: %b\ndata: %b\n\n" % (stored.id.encode(), told(stored)) for stored in found)
    return text, 0.0 if following.has_more else _PAUSE
