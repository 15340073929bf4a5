"""How the system is, over HTTP: for people and monitors in JSON, for whoever supervises processes in plain lines."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, ConfigDict, Field

from api.description import PREFIX
from api.endpoints.fields import also, json_answer
from api.http.callers import MAY_READ
from api.http.problems import MEDIA_TYPE
from api.http.rate_limit import WithinRate
from api.looking import Looking, UsesLooking
from api.services import Services, UsesServices
from api.views.health import SeenStore, health_of_system, look_at_store
from api.views.processes import KINDS, ask_signs, processes_of
from api.views.times import seconds_text
from consistency.database import database_now, transaction
from consistency.model import Health
from consistency.resources import require_ledger
from consistency.signs_of_life import Sign

_BAD = {Health.UNHEALTHY, Health.UNKNOWN}
_STORE = "database"
_PARTS = ("redis", _STORE, "application-database", *KINDS)
_BAD_HEALTH = also(
    503, "With `strict`: it is unhealthy or unknown; or nothing could be said.", "application/json", MEDIA_TYPE
)
_NOT_READY = also(503, "A line for each part.", "text/plain", MEDIA_TYPE)

router = APIRouter(prefix=PREFIX, dependencies=[MAY_READ], tags=["health"])
probes = APIRouter(tags=["probes"])


class HealthQuery(BaseModel):
    """What the status of the answer says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    strict: bool = Field(default=False, description="answer 503 when the health is unhealthy or unknown")


class ReadyQuery(BaseModel):
    """What is asked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    verbose: str | None = Field(default=None, max_length=10, description="a line a part, also when all is well")
    exclude: list[str] = Field(default=[], max_length=len(_PARTS), description="parts that do not count")


@router.get("/health", summary="How the system is", responses=_BAD_HEALTH)
async def health(services: UsesServices, looking: UsesLooking, query: Annotated[HealthQuery, Query()]) -> Response:
    """healthy, degraded, unhealthy or unknown, and each part with its reason; 200 however it is, unless `strict`."""
    store, signs = await asyncio.gather(
        looking.try_to(_STORE, lambda: _seen_store(services)), _signs(services, looking)
    )
    found = health_of_system(services.settings, store, signs)
    return json_answer(found, 503 if query.strict and found["status"] in _BAD else 200)


def _seen_store(services: Services) -> SeenStore:
    with transaction(services.resources.store.execution_options(readonly=True)) as connection:
        return look_at_store(connection, services.settings, database_now(connection))


async def _signs(services: Services, looking: Looking) -> Sequence[Sign] | None:
    found = await looking.try_to("redis", lambda: ask_signs(services.shared, services.settings))
    return None if isinstance(found, str) else found


@probes.get("/readyz", response_class=PlainTextResponse, responses=_NOT_READY, summary="Whether all is there")
async def readyz(
    request: Request, services: UsesServices, looking: UsesLooking, _: WithinRate, query: Annotated[ReadyQuery, Query()]
) -> PlainTextResponse:
    """`ok`, or 503 with a line for each part that is not; needs no token and names no address."""
    del request
    faults = await _faults(services, looking)
    failed = any(fault and part not in query.exclude for part, fault in faults.items())
    if not failed and query.verbose is None:
        return PlainTextResponse("ok\n")
    lines = [_line(part, fault, excluded=part in query.exclude) for part, fault in faults.items()]
    lines.append(f"readyz check {'failed' if failed else 'passed'}")
    return PlainTextResponse("\n".join(lines) + "\n", 503 if failed else 200)


def _line(part: str, fault: str, *, excluded: bool) -> str:
    if excluded:
        return f"[+]{part} excluded: {fault or 'ok'}"
    return f"[-]{part} failed: {fault}" if fault else f"[+]{part} ok"


async def _faults(services: Services, looking: Looking) -> dict[str, str]:
    """Why each part is not as it should be; empty where it is."""
    resources = services.resources
    asked = {_STORE: lambda: require_ledger(resources.store)}
    if resources.store is not resources.primary:
        asked["application-database"] = lambda: _require_answer(services)
    answers, signs = await asyncio.gather(
        asyncio.gather(*(looking.try_to(*each) for each in asked.items())), _signs(services, looking)
    )
    redis = "it does not answer" if signs is None else ""
    databases = {part: answer or "" for part, answer in zip(asked, answers, strict=True)}
    return {"redis": redis, **databases, **_silent(services, signs)}


def _require_answer(services: Services) -> None:
    with transaction(services.resources.reader) as connection:
        database_now(connection)


def _silent(services: Services, signs: Sequence[Sign] | None) -> dict[str, str]:
    found = processes_of(services.settings, signs)
    return {kind: "" if seen["alive"] else _silence(seen["age_seconds"]) for kind, seen in found.items()}


def _silence(age: float | None) -> str:
    return "no sign of life" + ("" if age is None else f" for {seconds_text(age)}")
