"""What people do about repairs on the page: plan, apply what was planned, pause, resume, cancel, take back."""

import re
from collections.abc import Callable
from typing import Any
from unicodedata import normalize

from fastapi import APIRouter, Request, Response

from api.endpoints.repairs import repair_named
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
from api.page.forms import Form, OperatorForm
from api.page.notes import back, failed, refused
from api.services import Services, UsesServices
from api.views.repairs import repair_record
from compensation.plans.opening import RepairOrder
from compensation.runs import Run
from consistency.database import transaction
from consistency.errors import BadRequest, ReconcileryError

_BETWEEN = re.compile(r"[\s,;]+")

router = APIRouter(include_in_schema=False)


@router.post("/repairs")
def plan(request: Request, services: UsesServices, form: OperatorForm) -> Response:
    """Have a plan made: nothing is written before that is applied."""
    try:
        run, new = plan_repair(services.resources, _order(form))
    except ReconcileryError as error:
        return failed(request, form.following("/repairs"), error)
    return back(request, f"/repairs/{run.id}", "note_plan_asked" if new else "note_plan_joined")


@router.post("/repairs/{run_id}/apply")
def apply(request: Request, services: UsesServices, form: OperatorForm, run_id: str) -> Response:
    """Carry out that very plan, if who asks knows how many tasks it is about."""
    path = f"/repairs/{run_id}"
    expected = _record(services, run_id)["counts"].get("pending", 0)
    if not _is_number(form, expected):
        return refused(request, path, "note_wrong_count", typed=form.text("count")[:20] or "-", expected=expected)
    try:
        apply_repair(services.resources, run_id, form.name, approved=form.text("approved") == "yes")
    except NeedsApproval:
        return refused(request, path, "note_needs_approval")
    except ReconcileryError as error:
        return failed(request, path, error)
    return back(request, path, "note_applied")


@router.post("/repairs/{run_id}/rollback")
def roll_back(request: Request, services: UsesServices, form: OperatorForm, run_id: str) -> Response:
    """Delete the rows that it wrote and nobody has changed, if who asks knows how many there are."""
    path = f"/repairs/{run_id}"
    expected = _record(services, run_id)["rows_written"]
    if not _is_number(form, expected):
        return refused(request, path, "note_wrong_count", typed=form.text("count")[:20] or "-", expected=expected)
    return _done(request, run_id, lambda: roll_back_repair(services.resources, run_id, form.name), "note_rolling_back")


@router.post("/repairs/{run_id}/rehearse")
def rehearse(request: Request, services: UsesServices, form: OperatorForm, run_id: str) -> Response:
    """Say what a rollback would do; nothing is changed."""
    del form
    known = _record(services, run_id)["run_id"]
    try:
        undone = rehearse_rollback(services.resources, known)
    except ReconcileryError as error:
        return failed(request, f"/repairs/{known}", error)
    numbers = {"deleted": undone.deleted, "kept": undone.kept_changed, "gone": undone.gone}
    return back(request, f"/repairs/{known}", "note_rehearsed", **numbers)


@router.post("/repairs/{run_id}/redrive")
def redrive(request: Request, services: UsesServices, form: OperatorForm, run_id: str) -> Response:
    """Plan anew what it has left."""
    known = _record(services, run_id)["run_id"]
    try:
        run, _ = redrive_repair(services.resources, known, form.name, dry_run=True)
    except ReconcileryError as error:
        return failed(request, f"/repairs/{known}", error)
    return back(request, f"/repairs/{run.id}", "note_plan_asked")


@router.post("/repairs/{run_id}/pause")
def pause(request: Request, services: UsesServices, form: OperatorForm, run_id: str) -> Response:
    """Nothing is written any more until it is resumed."""
    known = _record(services, run_id)["run_id"]
    return _done(request, known, lambda: pause_repair(services.resources, known, form.name), "note_paused")


@router.post("/repairs/{run_id}/resume")
def resume(request: Request, services: UsesServices, form: OperatorForm, run_id: str) -> Response:
    """Go on with it."""
    known = _record(services, run_id)["run_id"]
    return _done(request, known, lambda: resume_repair(services.resources, known, form.name), "note_resumed")


@router.post("/repairs/{run_id}/cancel")
def cancel(request: Request, services: UsesServices, form: OperatorForm, run_id: str) -> Response:
    """End it; what it has written stays."""
    known = _record(services, run_id)["run_id"]
    return _done(request, known, lambda: cancel_repair(services.resources, known, form.name), "note_cancelled")


def _done(request: Request, run_id: str, act: Callable[[], Run], key: str) -> Response:
    try:
        act()
    except ReconcileryError as error:
        return failed(request, f"/repairs/{run_id}", error)
    return back(request, f"/repairs/{run_id}", key)


def _order(form: Form) -> RepairOrder:
    typed = form.text("task_ids")
    ids = [each for each in _BETWEEN.split(typed) if each]
    most = form.text("max_tasks")
    if most and not (most.isascii() and most.isdigit()):
        raise BadRequest(f"max_tasks: must be a whole number, not {most[:20]!r}")
    return RepairOrder(
        rule_id=form.text("rule"),
        start=form.optional("start_date"),
        end=form.optional("end_date"),
        task_ids=ids if typed else None,
        max_tasks=int(most[:12]) if most else None,
        dry_run=True,
        actor=form.name,
    )


def _is_number(form: Form, expected: int) -> bool:
    # An input method for Chinese may give digits of full width.
    return normalize("NFKC", form.text("count")).replace(",", "") == str(expected)


def _record(services: Services, run_id: str) -> dict[str, Any]:
    with transaction(services.resources.reader) as connection:
        return repair_record(connection, repair_named(connection, run_id))
