"""The figures of the latest checks over HTTP, and the way things went; all of it was measured before."""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.description import PREFIX
from api.endpoints.fields import RuleName, json_answer
from api.http.callers import MAY_READ
from api.ledger import UsesLedger
from api.orders.rules import one_rule
from api.services import UsesServices
from api.views.metrics import WINDOWS, metrics_of
from api.views.trend import trend_of

router = APIRouter(prefix=f"{PREFIX}/data-consistency", dependencies=[MAY_READ], tags=["checks"])


class MetricsQuery(BaseModel):
    """Which figures."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    window: Literal["1h", "24h", "14d"] = Field(default="1h", description="of the quick, full or deep check")
    rule: RuleName | None = Field(default=None, description="of this rule; of the one that is worst off unless said")


class TrendQuery(BaseModel):
    """How far back."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: int = Field(default=14, ge=1, le=90, description="how many days")
    rule: RuleName | None = Field(default=None, description="of this rule; needed where there are several")


@router.get("/metrics", summary="The figures of the latest check")
def metrics(services: UsesServices, ledger: UsesLedger, query: Annotated[MetricsQuery, Query()]) -> Response:
    """Counts, completion rate with its confidence, delays, thresholds; `metrics` has those of every rule and check.

    Without any report the figures are null and `health` is unknown; `stale` says that a check is overdue.
    """
    with ledger.reading() as (connection, now):
        return json_answer(metrics_of(connection, services.settings, now, WINDOWS[query.window], query.rule))


@router.get("/trend", summary="The way things went")
def trend(services: UsesServices, ledger: UsesLedger, query: Annotated[TrendQuery, Query()]) -> Response:
    """By hours and days, against the time before; an hour that no check has counted is a gap (null)."""
    settings = services.settings
    rule = one_rule(settings, query.rule)
    with ledger.reading() as (connection, now):
        return json_answer(trend_of(connection, rule, query.days, ZoneInfo(settings.timezone), now))
