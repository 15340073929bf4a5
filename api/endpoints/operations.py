"""What the events of services amount to: their work in numbers, and how the services are."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.description import PREFIX
from api.http.callers import MAY_READ
from api.ledger import UsesLedger
from api.services import UsesServices
from monitoring.figures import reading, status

_TEN_YEARS = 3650

router = APIRouter(prefix=PREFIX, dependencies=[MAY_READ], tags=["events"])


class _Query(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Hours(_Query):
    """How far to look back."""

    hours: float = Field(default=24, gt=0, le=24 * _TEN_YEARS, description="how many hours to look back")


class Days(_Query):
    """The same in days."""

    days: float = Field(default=7, gt=0, le=_TEN_YEARS, description="how many days to look back")


class Nothing(_Query):
    """No parameter at all."""


@router.get("/sync-metrics", summary="What became of synchronisations")
def sync_metrics(ledger: UsesLedger, query: Annotated[Hours, Query()]) -> dict[str, Any]:
    """Counts, rates, durations and records, of all services and of each."""
    with ledger.reading() as (connection, now):
        return reading.sync_metrics(connection, query.hours, now)


@router.get("/cleanup-metrics", summary="What became of cleanups")
def cleanup_metrics(ledger: UsesLedger, query: Annotated[Days, Query()]) -> dict[str, Any]:
    """The same of cleanups."""
    with ledger.reading() as (connection, now):
        return reading.cleanup_metrics(connection, query.days, now)


@router.get("/migration-metrics", summary="What became of migrations")
def migration_metrics(ledger: UsesLedger, query: Annotated[Days, Query()]) -> dict[str, Any]:
    """The same of migrations."""
    with ledger.reading() as (connection, now):
        return reading.migration_metrics(connection, query.days, now)


@router.get("/events-status", summary="How the services are")
def events_status(services: UsesServices, ledger: UsesLedger, query: Annotated[Nothing, Query()]) -> dict[str, Any]:
    """Everything that the events say in one object, `status` first."""
    del query
    with ledger.reading() as (connection, now):
        return status.comprehensive_status(connection, services.settings, now)
