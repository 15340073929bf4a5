"""What people hear of a repair itself: that it waits for them, or how it has ended."""

from typing import Any

from consistency.model import Level
from notifiers.messages.events import our_event
from notifiers.messages.message import NoticeFact
from notifiers.repairs import RepairEnd

#: Events of a repair that people hear of; the others are steps between these.
TOLD = {
    "approval_needed": Level.MEDIUM,
    "paused": Level.HIGH,
    "failed": Level.HIGH,
    "cancelled": Level.LOW,
    "succeeded": Level.LOW,
    "succeeded_with_leftovers": Level.MEDIUM,
    "rolled_back": Level.LOW,
    "rolled_back_partial": Level.MEDIUM,
}
_NEXT = {
    "planned": "apply {}",
    "approval_needed": "apply {} --yes",
    "paused": "resume {}",
    "failed": "status {}",
    "succeeded_with_leftovers": "items {}",
    "rolled_back_partial": "status {}",
}
#: These have written rows, which can be taken back.
_UNDOABLE = {"paused", "succeeded", "succeeded_with_leftovers"}


def notice_of(end: RepairEnd, service: str) -> NoticeFact | None:
    """What is told of the event; None where it is only a step on the way, or where there was nothing to do."""
    level = Level.MEDIUM if end.waits else TOLD.get(end.event.type)
    if level is None or (end.has_ended and not end.wanted):
        return None
    return our_event(
        f"repair_{end.event.type}",
        level,
        service=service,
        rule=end.rule,
        message=_sentence(end),
        at=end.event.created_at,
        details=_details(end),
        metrics=_metrics(end),
    )


def _sentence(end: RepairEnd) -> str:
    run, payload = end.event.run_id, end.event.payload
    said = payload.get("reason") or payload.get("needs_approval") or ""
    words = {
        "planned": f"Repair {run} of {payload.get('planned', 0)} tasks is planned and waits for somebody to apply it",
        "approval_needed": f"Repair {run} needs approval: {said}",
        "paused": f"Repair {run} is paused: {said}",
        "failed": f"Repair {run} has failed: {said}",
        "cancelled": f"Repair {run} was cancelled by {end.event.actor}",
        "rolled_back": f"Repair {run} was rolled back: {payload.get('deleted', 0)} rows taken back",
        "rolled_back_partial": f"Repair {run} was rolled back in part: {payload.get('deleted', 0)} rows taken back,"
        f" {payload.get('kept_changed', 0)} kept because somebody has changed them",
    }
    return words.get(end.event.type) or f"Repair {run}: {end.restored} of {end.wanted} outputs restored{_left(end)}"


def _left(end: RepairEnd) -> str:
    return f", {end.still_missing} still missing" if end.still_missing else ""


def _details(end: RepairEnd) -> dict[str, Any]:
    run_id, kind = end.event.run_id, end.event.type
    details = {
        "run_id": run_id,
        "rule": end.rule,
        "by": end.event.actor,
        "window": end.window.as_dict() if end.window else None,
        "reason": _reason(end),
        "remarks": end.event.payload.get("remarks"),
        "exceeded": end.event.payload.get("exceeded"),
        "command": f"reconcilery repair {_NEXT[kind].format(run_id)}" if kind in _NEXT else "",
        "undo": f"reconcilery repair rollback {run_id}" if _may_be_undone(end) else "",
    }
    return {name: value for name, value in details.items() if value}


def _may_be_undone(end: RepairEnd) -> bool:
    wrote_nothing = end.has_ended and not end.restored
    return end.event.type in _UNDOABLE and not wrote_nothing


def _reason(end: RepairEnd) -> str:
    """Why, where that says more than who."""
    reason = str(end.event.payload.get("reason") or "")
    return "" if reason == f"paused by {end.event.actor}" else reason


def _metrics(end: RepairEnd) -> dict[str, int]:
    if end.has_ended:
        metrics = {"restored": end.restored, "wanted": end.wanted, "missing": end.still_missing}
        return {name: number for name, number in metrics.items() if number is not None}
    return {name: number for name, number in end.event.payload.items() if isinstance(number, int)}
