"""`/alerts`: what is wrong and was wrong, who was told, and what people said and did about it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from api.http.moments import cursor_behind, place_behind
from api.http.problems import not_found
from api.ledger import UsesLedger
from api.page.alert_changes import change_row
from api.page.alert_rows import alert_row, alert_rows, fix_text, mostly_words
from api.page.chrome import chrome
from api.page.paging import ROWS, ListQuery, known_rule, older
from api.page.rendering import show
from api.page.visitors import Visit
from api.services import UsesServices
from api.views.alerts import alert_object, channels_overview
from api.views.deliveries import deliveries_of
from api.views.silences import silence_object, silence_state
from consistency.durations import duration_text
from consistency.errors import BadRequest
from consistency.json_faults import shown
from consistency.model import Level
from notifiers.alerts.alert import LIVE, Alert
from notifiers.alerts.handling import find_alerts, require_alert
from notifiers.alerts.history import history
from notifiers.alerts.silences import find_silences

_KIND = "alerts"
_REFRESH = 15
_SHOWN_CHANGES = 100

router = APIRouter(include_in_schema=False)


class AlertsQuery(ListQuery):
    """Which alerts."""

    state: Literal["", "open", "all"] = "open"
    level: Literal["", "low", "medium", "high", "critical"] = ""


@router.get("/alerts")
def alerts(
    request: Request, visitor: Visit, services: UsesServices, ledger: UsesLedger, query: Annotated[AlertsQuery, Query()]
) -> Response:
    """What changed last at first, what is silent, and how the channels are."""
    settings, words = services.settings, visitor.words
    states = () if query.state == "all" else LIVE
    level = Level(query.level) if query.level else None
    with ledger.reading() as (connection, now):
        place = place_behind(_KIND, query.cursor)
        found = find_alerts(connection, states, known_rule(settings, query.rule), level, ROWS + 1, after=place)
        silences = find_silences(connection, now)
        values = {
            **chrome(connection, "alerts"),
            "alerts": alert_rows(connection, settings, found[:ROWS], words, now),
            "silences": [{**silence_object(each), "state": silence_state(each, now)} for each in silences],
            "channels": channels_overview(connection),
        }
    last = found[ROWS - 1] if len(found) > ROWS else None
    cursor = cursor_behind(_KIND, last.updated_at, last.fingerprint) if last else None
    return show(
        request,
        visitor,
        "alerts.html",
        **values,
        older=older(request, cursor),
        query=query,
        rules=[rule.id for rule in settings.rules],
        levels=[str(each) for each in Level],
        now=now,
        refresh=_REFRESH,
    )


@router.get("/alerts/{alert_id}")
def alert(request: Request, visitor: Visit, services: UsesServices, ledger: UsesLedger, alert_id: str) -> Response:
    """One alert with everything that is known of it."""
    settings, words = services.settings, visitor.words
    with ledger.reading() as (connection, now):
        found = alert_named(connection, alert_id)
        changes = history(connection, found.id, _SHOWN_CHANGES)
        values = {
            **chrome(connection, "alerts"),
            "row": alert_row(connection, settings, found, words, now),
            "alert": alert_object(found),
            "fix": fix_text(found, settings, words),
            "mostly": mostly_words(found, settings, words),
            "deliveries": deliveries_of(connection, found.id),
            "history": [change_row(entry, words) for entry in changes],
        }
    return show(
        request,
        visitor,
        "alert.html",
        **values,
        ack_for=duration_text(settings.ack_for),
        now=now,
        refresh=_REFRESH,
    )


def alert_named(connection: Connection, given: str) -> Alert:
    """The alert of that id or of the one id that begins so; a Problem when there is none."""
    try:
        return require_alert(connection, given)
    except BadRequest:
        raise not_found(f"there is no alert {shown(given)}") from None
