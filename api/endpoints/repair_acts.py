"""What people do about repairs over HTTP: plan, apply, pause, resume, cancel, try again, take back."""

from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from api.description import PREFIX
from api.endpoints.fields import Nothing, RuleName, TimeText, also, json_answer
from api.endpoints.repairs import repair_named
from api.http.callers import Operator
from api.http.idempotency import Idempotent
from api.http.problems import Problem
from api.orders.refusals import NeedsApproval
from api.orders.repairs import (
    apply_repair,
    cancel_repair,
    pause_repair,
    plan_repair,
    redrive_repair,
    rehearse_rollback,
    resume_repair,
    roll_back_repair,
)
from api.orders.rules import one_rule
from api.services import Services, UsesServices
from api.views.repairs import repair_record
from compensation.plans.opening import LARGEST_BATCH, RepairOrder
from compensation.plans.scopes import MOST_IDS
from compensation.runs import Run
from consistency.database import transaction

_REPAIRS = f"{PREFIX}/repairs"
_JOINED = also(200, "The run of the same scope that was under way already.")
_REHEARSED = also(200, "What it would do; nothing was changed.")

router = APIRouter(prefix=_REPAIRS, tags=["repairs"], route_class=Idempotent)


def _as_text(given: object) -> object:
    return str(given) if isinstance(given, int) and not isinstance(given, bool) else given


TaskId = Annotated[
    str,
    Field(min_length=1, max_length=191),
    BeforeValidator(_as_text),
    WithJsonSchema({"anyOf": [{"type": "string", "minLength": 1, "maxLength": 191}, {"type": "integer"}]}),
]


class NewRepair(BaseModel):
    """What is to be repaired: a window, or tasks by their ids; the last 14 days unless said."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"dry_run": True, "start_date": "now-24h"}]},
    )

    dry_run: bool = Field(default=True, description="only plan; false also applies a plan that needs no approval")
    rule: RuleName | None = Field(default=None, description="of this rule; needed where there are several")
    start_date: TimeText | None = Field(default=None, description="finished from then on")
    end_date: TimeText | None = Field(default=None, description="finished before the end of that date")
    task_ids: list[TaskId] | None = Field(default=None, min_length=1, max_length=MOST_IDS)
    batch_size: int | None = Field(default=None, ge=1, le=LARGEST_BATCH)
    max_tasks: int | None = Field(default=None, ge=1, le=2**31 - 1)


class Approval(BaseModel):
    """A person's word."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    approve: bool = Field(default=False, description="let a plan through that needs a person's approval")


class Pause(BaseModel):
    """Why."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    reason: str = Field(default="", description="kept with the run")


class Rehearsal(BaseModel):
    """Whether it is meant."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    dry_run: bool = Field(default=False, description="only say what would be done")


@router.post("", status_code=202, summary="Plan a repair", responses=_JOINED)
def plan(services: UsesServices, caller: Operator, body: NewRepair) -> Response:
    """202 while a worker plans it; 200 with the run of the same scope that was under way already."""
    order = RepairOrder(
        rule_id=one_rule(services.settings, body.rule).id,
        start=body.start_date,
        end=body.end_date,
        task_ids=body.task_ids,
        batch_size=body.batch_size,
        max_tasks=body.max_tasks,
        dry_run=body.dry_run,
        unattended=not body.dry_run,
        actor=caller.name,
    )
    run, new = plan_repair(services.resources, order)
    return _answer(services, run, 202 if new else 200, deduplicated=not new)


@router.post("/{run_id}/apply", status_code=202, summary="Apply a plan")
def apply(services: UsesServices, caller: Operator, run_id: str, body: Approval | None = None) -> Response:
    """The workers carry out that very plan; 409 when it may not be applied, with why and what to do."""
    approved = body is not None and body.approve
    try:
        run = apply_repair(services.resources, _known(services, run_id), caller.name, approved=approved)
    except NeedsApproval as error:
        raise Problem(409, f'{error}; look at the plan, then send {{"approve": true}}') from None
    return _answer(services, run, 202)


@router.post("/{run_id}/pause", summary="Pause a repair")
def pause(services: UsesServices, caller: Operator, run_id: str, body: Pause | None = None) -> Response:
    """When this has been answered, nothing more is written until it is resumed."""
    reason = body.reason if body else ""
    return _answer(services, pause_repair(services.resources, _known(services, run_id), caller.name, reason))


@router.post("/{run_id}/resume", status_code=202, summary="Resume a repair")
def resume(services: UsesServices, caller: Operator, run_id: str, body: Nothing | None = None) -> Response:
    """Go on with it; what has failed before is not held against it again."""
    del body
    return _answer(services, resume_repair(services.resources, _known(services, run_id), caller.name), 202)


@router.post("/{run_id}/cancel", summary="Cancel a repair")
def cancel(services: UsesServices, caller: Operator, run_id: str, body: Nothing | None = None) -> Response:
    """End it; what it has written stays, and can be taken back."""
    del body
    return _answer(services, cancel_repair(services.resources, _known(services, run_id), caller.name))


@router.post("/{run_id}/redrive", status_code=202, summary="Try again what a repair has left", responses=_JOINED)
def redrive(services: UsesServices, caller: Operator, run_id: str, body: Rehearsal | None = None) -> Response:
    """A new run over the tasks that an ended one did not repair."""
    only_plan = body is not None and body.dry_run
    run, new = redrive_repair(services.resources, _known(services, run_id), caller.name, dry_run=only_plan)
    return _answer(services, run, 202 if new else 200, deduplicated=not new)


@router.post("/{run_id}/rollback", status_code=202, summary="Take a repair back", responses=_REHEARSED)
def roll_back(services: UsesServices, caller: Operator, run_id: str, body: Rehearsal | None = None) -> Response:
    """Delete the rows that it wrote and that nobody has changed; with `dry_run` 200 with what that would do."""
    known = _known(services, run_id)
    if body is not None and body.dry_run:
        undone = rehearse_rollback(services.resources, known)
        return json_answer({"schema_version": 1, "run_id": known, "dry_run": True, **undone.as_dict()})
    return _answer(services, roll_back_repair(services.resources, known, caller.name), 202)


def _known(services: Services, run_id: str) -> str:
    with transaction(services.resources.reader) as connection:
        return repair_named(connection, run_id).id


def _answer(services: Services, run: Run, status: int = 200, **more: Any) -> Response:
    with transaction(services.resources.reader) as connection:
        found = repair_record(connection, repair_named(connection, run.id))
    return json_answer({**found, **more}, status, {"Location": f"{_REPAIRS}/{run.id}"})
