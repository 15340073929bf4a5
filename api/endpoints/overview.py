"""How things stand, over HTTP: everything at once, the schedule, and a badge."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.description import PREFIX
from api.endpoints.fields import Nothing, RuleName, also, json_answer
from api.http.callers import MAY_READ
from api.ledger import UsesLedger
from api.services import UsesServices
from api.views.badge import badge_object, badge_svg
from api.views.badge_figures import figures_of_verdict
from api.views.metrics import WINDOWS, metrics_of
from api.views.processes import ask_signs
from api.views.schedule import schedule_object
from api.views.status import status_of

_PICTURE = also(200, "The picture.", "image/svg+xml")

router = APIRouter(prefix=PREFIX, dependencies=[MAY_READ], tags=["overview"])


class BadgeQuery(BaseModel):
    """What the badge shows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    window: Literal["1h", "24h", "14d"] | None = Field(
        default=None, description="of the quick, full or deep check; as the verdict of the page unless said"
    )
    rule: RuleName | None = Field(default=None, description="of this rule; of the one that is worst off unless said")
    label: str = Field(default="outputs", min_length=1, max_length=40, description="the words on its left")


@router.get("/status", summary="How things stand")
def status(services: UsesServices, query: Annotated[Nothing, Query()]) -> Response:
    """The latest checks, what fires, the schedule, what runs, and which processes live, as `reconcilery status`."""
    del query
    signs = ask_signs(services.shared, services.settings)
    return json_answer(status_of(services.resources, signs=signs))


@router.get("/schedule", summary="What runs when")
def schedule(services: UsesServices, ledger: UsesLedger, query: Annotated[Nothing, Query()]) -> Response:
    """Every entry with its next turn; of checks also the last one by schedule and how far it lags behind."""
    del query
    with ledger.reading() as (connection, now):
        return json_answer(schedule_object(connection, services.settings, now))


@router.get("/badge.json", summary="A badge for shields.io")
def badge_json(services: UsesServices, ledger: UsesLedger, query: Annotated[BadgeQuery, Query()]) -> Response:
    """In the format of the shields endpoint; grey when a check is overdue or knows nothing."""
    return json_answer(badge_object(_figures(services, ledger, query), query.label))


@router.get("/badge.svg", summary="A badge", response_class=Response, responses=_PICTURE)
def badge_picture(services: UsesServices, ledger: UsesLedger, query: Annotated[BadgeQuery, Query()]) -> Response:
    """The same as a picture."""
    shown = badge_object(_figures(services, ledger, query), query.label)
    return Response(badge_svg(shown), media_type="image/svg+xml")


def _figures(services: UsesServices, ledger: UsesLedger, query: BadgeQuery) -> dict[str, Any]:
    with ledger.reading() as (connection, now):
        if query.window is None:
            return figures_of_verdict(connection, services.settings, now, query.rule)
        return metrics_of(connection, services.settings, now, WINDOWS[query.window], query.rule)
