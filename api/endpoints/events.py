"""Events over HTTP: services send them, people and programs read them, newest first, or as they come in."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from api.description import EVENTS_BODY, PREFIX
from api.endpoints.event_query import EventQuery, chosen_events, cursor_of, place_of
from api.endpoints.event_stream import stream_answer, wants_stream
from api.endpoints.event_text import told
from api.http.body import JsonBody
from api.http.callers import MAY_READ, Operator
from api.http.cursors import page_answer
from api.http.idempotency import Idempotent
from api.http.problems import Problem, pointer
from api.ledger import UsesLedger
from api.services import UsesServices
from api.views.following import Following
from consistency.errors import BadEvent
from consistency.event_checks import event_of_object, seal
from consistency.events import KEYS, WrittenEvent
from consistency.ledger.events import StoredEvent, find_events, store_events

MOST_TOGETHER = 1000
#: A page that has come to so many bytes ends there.
_LARGEST_PAGE = 4 * 1024 * 1024
_PLACES = {*KEYS, "id"}

router = APIRouter(prefix=f"{PREFIX}/events", tags=["events"], route_class=Idempotent)


@router.post("", status_code=202, summary="Send events", openapi_extra=EVENTS_BODY)
def take_events(caller: Operator, services: UsesServices, ledger: UsesLedger, body: JsonBody) -> dict[str, Any]:
    """Keep one event or an array of at most 1000; each once by its `id`, all of them or, if one is wrong, none."""
    del caller
    arrived = _written(body, services.settings.event_types)
    with ledger.writing() as (connection, now):
        settings = services.settings
        stored = store_events(connection, arrived, now, settings.tell_events_from, settings.routed_types)
    return {"schema_version": 1, "stored": stored, "ids": [event.id for event in arrived]}


@router.get("", dependencies=[MAY_READ], summary="List events, or follow them")
def list_events(
    request: Request, services: UsesServices, ledger: UsesLedger, query: Annotated[EventQuery, Query()]
) -> Response:
    """The newest first, a page at a time; with `Accept: text/event-stream` those that come in."""
    with ledger.reading() as (connection, now):
        chosen = chosen_events(connection, services.settings, query, now)
        if wants_stream(request):
            following = Following(chosen, request.headers.get("last-event-id", "")[:64])
            return stream_answer(request, services, following, connection, now)
        found = find_events(connection, chosen, query.limit + 1, place_of(query))
    page = _fitting(found[: query.limit])
    more = len(page) < len(found)
    return page_answer(request, "events", [told(each) for each in page], cursor_of(page[-1]) if more else None)


def _written(body: Any, custom: Sequence[str]) -> list[WrittenEvent]:
    """The events of the body; a Problem that names every fault by its place."""
    objects = body if isinstance(body, list) else [body]
    if not objects:
        raise _bad_array(422, "the array is empty; send at least one event")
    if len(objects) > MOST_TOGETHER:
        raise _bad_array(413, f"{len(objects)} events are too many; send at most {MOST_TOGETHER} at once")
    arrived, faults = [], []
    for number, each in enumerate(objects):
        try:
            arrived.append(seal(event_of_object(each, custom)))
        except BadEvent as error:
            place = [number] if isinstance(body, list) else []
            faults.append({"pointer": pointer(*place, *_key(error)), "detail": str(error)})
    if faults:
        raise Problem(422, f"{len(faults)} of {len(objects)} events are wrong; nothing was kept", errors=faults)
    return arrived


def _bad_array(status: int, detail: str) -> Problem:
    return Problem(status, detail, errors=[{"pointer": pointer(), "detail": detail}])


def _key(error: BadEvent) -> list[str]:
    name = str(error).partition(":")[0].partition(".")[0].partition("[")[0]
    return [name] if name in _PLACES else []


def _fitting(found: Sequence[StoredEvent]) -> Sequence[StoredEvent]:
    size = 0
    for number, stored in enumerate(found):
        size += len(stored.body)
        if size > _LARGEST_PAGE and number:
            return found[:number]
    return found
