"""`/events`: what services tell, newest first; what is looked for stands in the address."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from api.endpoints.event_query import EventQuery, chosen_events, cursor_of, place_of
from api.ledger import UsesLedger
from api.page.chrome import chrome
from api.page.event_rows import event_rows
from api.page.paging import ROWS, ListQuery, older
from api.page.rendering import show
from api.page.visitors import Visit
from api.services import UsesServices
from consistency.events import EventLevel, EventType
from consistency.ledger.events import find_events

_REFRESH = 10

router = APIRouter(include_in_schema=False)


class EventsQuery(ListQuery):
    """Which events."""

    type: str = ""
    level: Literal["", "info", "warning", "error", "critical"] = ""
    service: str = ""
    since: str = ""
    until: str = ""

    def asked(self) -> EventQuery:
        """The same as the API asks it."""
        return EventQuery(
            type=[self.type.strip()] if self.type.strip() else [],
            service=[self.service.strip()] if self.service.strip() else [],
            level=self.level or "info",
            since=self.since.strip()[:64],
            until=self.until.strip()[:64],
            cursor=self.cursor,
        )


@router.get("/events")
def events(
    request: Request, visitor: Visit, services: UsesServices, ledger: UsesLedger, query: Annotated[EventsQuery, Query()]
) -> Response:
    """A page of them."""
    asked = query.asked()
    with ledger.reading() as (connection, now):
        chosen = chosen_events(connection, services.settings, asked, now)
        found = find_events(connection, chosen, ROWS + 1, place_of(asked))
        frame = chrome(connection, "events")
    cursor = cursor_of(found[ROWS - 1]) if len(found) > ROWS else None
    return show(
        request,
        visitor,
        "events.html",
        **frame,
        events=event_rows(found[:ROWS], services.settings.service, visitor.words, now),
        older=older(request, cursor),
        query=query,
        types=[*(str(each) for each in EventType), *services.settings.event_types],
        levels=[str(each) for each in EventLevel],
        now=now,
        refresh=0 if query.cursor else _REFRESH,
    )
