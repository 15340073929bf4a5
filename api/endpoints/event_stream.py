"""Events as they come in, as server-sent events: each with its id, so that a client that comes back misses nothing."""

import time
from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial

import anyio
from anyio import to_thread
from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import Connection

from api.endpoints.event_text import told
from api.http.methods import HEAD_ONLY
from api.http.problems import Problem
from api.ledger import Ledger
from api.services import Services
from api.views.following import MOST_LOOKING, Following
from consistency.errors import DatabaseError

_MOST_STREAMS = 100
_PAUSE, _PAUSE_WITHOUT, _SIGN_OF_LIFE = 0.5, 3.0, 15.0
#: Then the client comes again by itself, and shows its token anew.
_LONGEST = 3600.0
_BEGIN, _ALIVE, _LOST = b"retry: 3000\n\n", b": alive\n\n", b": the database does not answer, trying again\n\n"
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def wants_stream(request: Request) -> bool:
    """Whether the client asks for server-sent events."""
    return "text/event-stream" in request.headers.get("accept", "").lower()


def stream_answer(
    request: Request, services: Services, following: Following, connection: Connection, now: datetime
) -> Response:
    """The stream of what is stored from this transaction on; a Problem when there are too many already."""
    if HEAD_ONLY in request.scope:
        return Response(media_type="text/event-stream", headers=_HEADERS)
    if len(services.streams) >= _MOST_STREAMS:
        raise Problem(503, f"{_MOST_STREAMS} streams are open, which is the limit", headers={"Retry-After": "60"})
    following.begin(connection, now)
    return StreamingResponse(_stream(services, following), media_type="text/event-stream", headers=_HEADERS)


async def _stream(services: Services, following: Following) -> AsyncIterator[bytes]:
    mark, ledger = object(), Ledger(services)
    services.streams.add(mark)
    try:
        yield _BEGIN
        ends, told_at = time.monotonic() + _LONGEST, time.monotonic()
        while not services.stopping.is_set() and (now := time.monotonic()) < ends:
            text, pause = await to_thread.run_sync(partial(_look, ledger, following), limiter=services.looking)
            if not text and now - told_at > _SIGN_OF_LIFE:
                text = _ALIVE
            if text:
                told_at = now
                yield text
            await anyio.sleep(max(pause, (time.monotonic() - now) / MOST_LOOKING))
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
