"""Alerts over HTTP: what fires and fired, who was told, and a person's word on one."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from api.description import PREFIX
from api.endpoints.fields import RuleName, TimeText, json_answer
from api.http.callers import MAY_READ, Operator
from api.http.cursors import Page, page_answer, read_cursor, write_cursor
from api.http.idempotency import Idempotent
from api.http.moments import cursor_behind, moment_of, place_behind, place_number
from api.http.problems import Problem, not_found
from api.ledger import UsesLedger
from api.orders.alerts import Stretch, end_alert, take_on
from api.services import UsesServices
from api.views.alerts import alert_object, short_id, stands_text
from api.views.deliveries import channels_told, deliveries_of
from consistency.errors import BadRequest
from consistency.model import Level
from notifiers.alerts.alert import LIVE, Alert, AlertState
from notifiers.alerts.handling import find_alerts, require_alert
from notifiers.alerts.history import history

_KIND, _HISTORY = "alerts", "history"

router = APIRouter(prefix=f"{PREFIX}/alerts", tags=["alerts"], route_class=Idempotent)


class AlertsQuery(Page):
    """What is left out fits everything."""

    state: list[Literal["pending", "firing", "resolving", "resolved"]] = Field(
        default=[], max_length=4, description="only in this state; may be given again"
    )
    live: bool = Field(default=False, description="only what people should know of now: firing and resolving")
    level: Literal["low", "medium", "high", "critical"] | None = Field(default=None, description="only of this level")
    rule: RuleName | None = Field(default=None, description="only of this rule")
    since: str = Field(default="", max_length=64, description="changed from then on, such as now-24h or a date")


class Acknowledgement(BaseModel):
    """How long; the setting ack_for unless said."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    length: TimeText = Field(default="", alias="for", description="for how long, such as 4h")
    until: TimeText = Field(default="", description="until when, such as 2026-09-16T08:00")
    note: str = Field(default="", description="what others should know")


class Resolution(BaseModel):
    """Why it is over."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    note: str = Field(default="", description="what others should know")


@router.get("", dependencies=[MAY_READ], summary="List alerts")
def list_alerts(
    request: Request, services: UsesServices, ledger: UsesLedger, query: Annotated[AlertsQuery, Query()]
) -> Response:
    """What changed last at first, also what is over."""
    states = LIVE if query.live else {AlertState(state) for state in query.state}
    level = Level(query.level) if query.level else None
    with ledger.reading() as (connection, now):
        since = moment_of("since", query.since, services.settings, now)
        place = place_behind(_KIND, query.cursor)
        found = find_alerts(connection, states, query.rule, level, query.limit + 1, since=since, after=place)
    page = found[: query.limit]
    shown = [{**alert_object(alert), "short_id": short_id(alert), "stands": stands_text(alert, now)} for alert in page]
    more = len(found) > query.limit
    return page_answer(request, "alerts", shown, _behind(page[-1]) if more else None)


def _behind(alert: Alert) -> str:
    return cursor_behind(_KIND, alert.updated_at, alert.fingerprint)


@router.get("/history", dependencies=[MAY_READ], summary="What happened to all alerts")
def list_history(request: Request, ledger: UsesLedger, query: Annotated[Page, Query()]) -> Response:
    """Every change with whoever made it, newest first."""
    return _history(request, ledger, query, None)


@router.get("/{alert_id}", dependencies=[MAY_READ], summary="Show an alert")
def show_alert(ledger: UsesLedger, alert_id: str) -> Response:
    """Everything about one: how it stands, its latest changes, and who was told; its id may be cut short."""
    with ledger.reading() as (connection, now):
        alert = _named(connection, alert_id)
        return json_answer(
            {
                "schema_version": 1,
                **alert_object(alert),
                "short_id": short_id(alert),
                "stands": stands_text(alert, now),
                "channels": channels_told(connection, alert.id),
                "deliveries": deliveries_of(connection, alert.id),
                "history": [entry.as_dict() for entry in history(connection, alert.id)],
            }
        )


@router.get("/{alert_id}/history", dependencies=[MAY_READ], summary="What happened to an alert")
def show_history(request: Request, ledger: UsesLedger, alert_id: str, query: Annotated[Page, Query()]) -> Response:
    """The same of one alert."""
    with ledger.reading() as (connection, _):
        alert = _named(connection, alert_id)
    return _history(request, ledger, query, alert.id)


@router.post("/{alert_id}/ack", summary="Take an alert on")
def acknowledge(
    services: UsesServices, ledger: UsesLedger, caller: Operator, alert_id: str, body: Acknowledgement | None = None
) -> Response:
    """It is not told again for that time, unless it becomes worse."""
    said = body or Acknowledgement()
    with ledger.writing() as (connection, now):
        alert = _firing(connection, alert_id, "acknowledged")
        stretch = Stretch(length=said.length, until=said.until)
        done = take_on(connection, services.settings, alert.id, caller.name, now, stretch=stretch, note=said.note)
    return json_answer(_done(done))


@router.post("/{alert_id}/resolve", summary="Say that an alert is over")
def resolve(
    services: UsesServices, ledger: UsesLedger, caller: Operator, alert_id: str, body: Resolution | None = None
) -> Response:
    """If the next check disagrees, it opens again."""
    said = body or Resolution()
    with ledger.writing() as (connection, now):
        alert = _firing(connection, alert_id, "resolved")
        done = end_alert(connection, services.settings, alert.id, caller.name, now, note=said.note)
    return json_answer(_done(done))


def _done(alert: Alert) -> dict[str, Any]:
    return {"schema_version": 1, "alert": alert_object(alert)}


def _named(connection: Connection, alert_id: str) -> Alert:
    try:
        return require_alert(connection, alert_id)
    except BadRequest as error:
        raise not_found(str(error).removeprefix("alert: ")) from None


def _firing(connection: Connection, alert_id: str, done: str) -> Alert:
    alert = _named(connection, alert_id)
    if not alert.is_live:
        raise Problem(409, f"alert {alert.id} is {alert.state}; only a firing alert can be {done}")
    return alert


def _history(request: Request, ledger: UsesLedger, query: Page, alert_id: str | None) -> Response:
    place = read_cursor(_HISTORY, query.cursor, 1)
    with ledger.reading() as (connection, _):
        found = history(connection, alert_id, query.limit + 1, place_number(place[0]) if place else None)
    page = found[: query.limit]
    more = len(found) > query.limit
    cursor = write_cursor(_HISTORY, str(page[-1].id)) if more else None
    return page_answer(request, "changes", [entry.as_dict() for entry in page], cursor)
