"""Checks over HTTP: have one made, and read what those before have found."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from api.description import PREFIX
from api.endpoints.fields import RuleName, also, is_id, json_answer
from api.endpoints.waiting import wait_for
from api.http.callers import MAY_READ, Operator
from api.http.cursors import Page, page_answer
from api.http.idempotency import Idempotent
from api.http.moments import cursor_behind, moment_of, place_behind
from api.http.problems import not_found
from api.ledger import UsesLedger
from api.orders.checks import SentCheck, start_checks
from api.services import UsesServices
from api.views.checks import QUEUED, check_line, check_record, check_status
from consistency.database import transaction
from consistency.json_faults import shown
from consistency.ledger.overview import RunFilter, find_runs
from consistency.model import CheckType

LONGEST_WAIT = 300
_KIND = "checks"
_CHECKS = f"{PREFIX}/data-consistency/checks"

_WAITED = also(200, "The report of the check that was waited for.")

router = APIRouter(prefix=f"{PREFIX}/data-consistency", tags=["checks"], route_class=Idempotent)


class NewCheck(BaseModel):
    """What is to be checked."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra={"examples": [{"type": "quick"}]})

    type: Literal["quick", "full", "deep"] = Field(description="the last hour, 24 hours or 14 days")
    rule: RuleName | None = Field(default=None, description="only this rule; all rules unless said")


class CheckQuery(BaseModel):
    """How long to wait for the report."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    wait: float = Field(default=0, ge=0, le=LONGEST_WAIT, description="how many seconds to wait for the report")


class ChecksQuery(Page):
    """What is left out fits everything."""

    type: Literal["quick", "full", "deep", "range"] | None = Field(default=None, description="only of this type")
    rule: RuleName | None = Field(default=None, description="only of this rule")
    status: Literal["running", "closed", "cancelled"] | None = Field(default=None, description="only in this state")
    since: str = Field(default="", max_length=64, description="asked for from then on, such as now-24h or a date")


@router.post("/check", status_code=202, summary="Have a check made", responses=_WAITED)
async def order_check(
    request: Request, caller: Operator, services: UsesServices, query: Annotated[CheckQuery, Query()], body: NewCheck
) -> Response:
    """202 with ids and `Location`, also of a check that is under way already; 200 with the report, with `wait`.

    Of several rules each gets its own check: then `checks` names them all, and the ids beside it are null.
    """
    del caller
    resources = services.resources
    sent = await run_in_threadpool(start_checks, resources, CheckType(body.type), body.rule)
    if query.wait and (closed := await wait_for(request, resources, sent, query.wait)):
        reports = [run.report for run in closed]
        return json_answer(reports[0] if len(reports) == 1 else {"schema_version": 1, "reports": reports})
    found = [await run_in_threadpool(_started, services, each) for each in sent]
    return json_answer(_together(found, body.type), 202, {"Location": _location(found)})


def _started(services: UsesServices, sent: SentCheck) -> dict[str, Any]:
    status = QUEUED
    if not sent.new:
        with transaction(services.resources.store.execution_options(readonly=True)) as connection:
            status = check_status(connection, sent.run)
    return {
        "check_id": sent.run.id,
        "task_id": sent.task_id,
        "type": str(sent.run.type),
        "rule": sent.run.rule_id,
        "status": status,
        "deduplicated": not sent.new,
    }


def _together(found: Sequence[dict[str, Any]], kind: str) -> dict[str, Any]:
    if len(found) == 1:
        return {"schema_version": 1, **found[0], "checks": found}
    deduplicated = all(each["deduplicated"] for each in found)
    nobody = {"check_id": None, "task_id": None, "type": kind, "rule": None}
    return {"schema_version": 1, **nobody, "status": QUEUED, "deduplicated": deduplicated, "checks": found}


def _location(found: Sequence[dict[str, Any]]) -> str:
    return f"{_CHECKS}/{found[0]['check_id']}" if len(found) == 1 else f"{_CHECKS}?limit={len(found)}"


@router.get("/checks", dependencies=[MAY_READ], summary="List checks")
def list_checks(
    request: Request, services: UsesServices, ledger: UsesLedger, query: Annotated[ChecksQuery, Query()]
) -> Response:
    """The newest first, with their verdicts."""
    kind = CheckType(query.type) if query.type else None
    with ledger.reading() as (connection, now):
        since = moment_of("since", query.since, services.settings, now)
        chosen = RunFilter(query.rule, kind, query.status, since)
        found = find_runs(connection, chosen, query.limit + 1, place_behind(_KIND, query.cursor))
    page = found[: query.limit]
    more = len(found) > query.limit
    cursor = cursor_behind(_KIND, page[-1].created_at, page[-1].id) if more else None
    return page_answer(request, "checks", [check_line(run) for run in page], cursor)


@router.get("/checks/{check_id}", dependencies=[MAY_READ], summary="Show a check")
def show_check(ledger: UsesLedger, check_id: str) -> Response:
    """How far it is, and its report once there is one."""
    with ledger.reading() as (connection, _):
        found = check_record(connection, check_id) if is_id(check_id) else None
    if found is None:
        raise not_found(f"there is no check {shown(check_id)}")
    return json_answer(found)
