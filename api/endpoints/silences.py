"""Silences over HTTP: for a time, nobody is told of alerts that fit."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.description import PREFIX
from api.endpoints.fields import TimeText, json_answer
from api.http.callers import MAY_READ, Operator
from api.http.idempotency import Idempotent
from api.http.problems import Problem, not_found, pointer
from api.ledger import UsesLedger
from api.orders.alerts import Stretch, silence, unsilence
from api.services import UsesServices
from api.views.silences import silence_object, silence_state
from consistency.errors import BadRequest
from consistency.json_faults import shown
from notifiers.alerts.silences import Silence, find_silences

router = APIRouter(prefix=f"{PREFIX}/silences", tags=["alerts"], route_class=Idempotent)


class SilencesQuery(BaseModel):
    """Which silences."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    all: bool = Field(default=False, description="also those that are over")
    limit: int = Field(default=50, ge=1, le=500, description="how many at most")


class NewSilence(BaseModel):
    """What is silent, from when until when, and why."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [{"matchers": {"rule": "task-outputs"}, "for": "2h", "reason": "provider migrates"}]
        },
    )

    matchers: dict[str, str] = Field(
        max_length=10, description="all have to fit: rule, service, kind, level, check, alert; values may end in *"
    )
    reason: str = Field(description="why, for others to read")
    length: TimeText = Field(default="", alias="for", description="for how long from its start, such as 2h")
    until: TimeText = Field(default="", description="until when, such as 2026-09-16T08:00")
    start: TimeText = Field(default="", alias="from", description="from when on; from now unless said")


@router.get("", dependencies=[MAY_READ], summary="List silences")
def list_silences(ledger: UsesLedger, query: Annotated[SilencesQuery, Query()]) -> Response:
    """Those that hold or are still to begin, newest first; with `all` also those that are over."""
    with ledger.reading() as (connection, now):
        found = find_silences(connection, None if query.all else now)[: query.limit]
    states = [{**silence_object(each), "state": silence_state(each, now)} for each in found]
    return json_answer({"schema_version": 1, "silences": states})


@router.post("", status_code=201, summary="Silence alerts")
def add_silence(services: UsesServices, ledger: UsesLedger, caller: Operator, body: NewSilence) -> Response:
    """Tell nobody of what fits all matchers; what still fires at the end is told then."""
    stretch = Stretch(start=body.start, length=body.length, until=body.until)
    with _matchers_named(body.matchers), ledger.writing() as (connection, now):
        made, fits = silence(
            connection, services.settings, body.matchers, caller.name, body.reason, now, stretch=stretch
        )
    return json_answer({**_one(made), "fits": fits}, 201)


@router.delete("/{silence_id}", summary="End a silence")
def end_silence(services: UsesServices, ledger: UsesLedger, caller: Operator, silence_id: str) -> Response:
    """Before its time; what it kept back is told."""
    with ledger.writing() as (connection, now):
        known = [each for each in find_silences(connection) if each.id == silence_id.lower()]
        if not known:
            raise not_found(f"there is no silence {shown(silence_id)}")
        if silence_state(known[0], now) == "over":
            raise Problem(409, f"silence {known[0].id} is over already")
        ended = unsilence(connection, services.settings, known[0].id, caller.name, now)
    return json_answer(_one(ended))


@contextmanager
def _matchers_named(matchers: Collection[str]) -> Iterator[None]:
    """An error that names a matcher has its place in the body."""
    try:
        yield
    except BadRequest as error:
        name, _, detail = str(error).partition(": ")
        if name not in matchers:
            raise
        place = {"pointer": pointer("matchers", name), "detail": detail}
        raise Problem(422, str(error), errors=[place]) from None


def _one(found: Silence) -> dict[str, Any]:
    return {"schema_version": 1, "silence": silence_object(found)}
