"""What people hear of a repair: what needs them or has ended, and that it has brought back what an alert told of."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from consistency.errors import BadRequest
from consistency.ledger.repair_events import RepairEvent
from consistency.ledger.repair_tables import repair_runs
from consistency.model import Level, Window, parse_utc, utc_text
from notifiers.alerts.alert import Alert
from notifiers.alerts.observation import Observation, Sight
from notifiers.messages.events import EVENT_LEVELS
from notifiers.messages.message import NoticeFact

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
_ENDED = {"succeeded", "succeeded_with_leftovers"}


@dataclass(frozen=True)
class RepairEnd:
    """An event with what is known of its run; `window` is None where tasks were named one by one."""

    event: RepairEvent
    rule: str
    window: Window | None

    @property
    def restored(self) -> int:
        return int(self.event.payload.get("counts", {}).get("done", 0))

    @property
    def wanted(self) -> int:
        return sum(self.event.payload.get("counts", {}).values())

    @property
    def still_missing(self) -> int | None:
        """How many tasks of its scope lack their output now, where it was counted."""
        missing = (self.event.payload.get("after") or {}).get("missing")
        return None if missing is None else int(missing)


def read_end(connection: Connection, event: RepairEvent) -> RepairEnd:
    """The event with its run's rule and scope; BadRequest if the run is gone."""
    run = connection.execute(select(repair_runs).where(repair_runs.c.id == event.run_id)).first()
    if run is None:
        raise BadRequest(f"event_id: there is no repair {event.run_id} any more")
    scope = json.loads(run.scope)
    window = Window(parse_utc(scope["start"]), parse_utc(scope["end"])) if "start" in scope else None
    return RepairEnd(event, run.rule_id, window)


def notice_of(end: RepairEnd, service: str) -> NoticeFact | None:
    """What is told of the event; None where it is only a step on the way."""
    level = TOLD.get(end.event.type)
    if level is None:
        return None
    event_type, message = f"repair_{end.event.type}", _sentence(end)
    body = {
        "timestamp": utc_text(end.event.created_at),
        "event_type": event_type,
        "level": EVENT_LEVELS[level],
        "service": service,
        "message": message,
        "details": _details(end),
        "metrics": _metrics(end),
    }
    return NoticeFact(
        event_type=event_type,
        level=level,
        service=service,
        rule=end.rule,
        message=message,
        at=end.event.created_at,
        body=body,
    )


def _sentence(end: RepairEnd) -> str:
    run, payload = end.event.run_id, end.event.payload
    said = payload.get("reason") or payload.get("needs_approval") or ""
    words = {
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
    known = {"run_id": end.event.run_id, "rule": end.rule, "by": end.event.actor}
    scope = end.window.as_dict() if end.window else None
    details = {**known, "window": scope, "reason": end.event.payload.get("reason"), "command": _command(end)}
    return {name: value for name, value in details.items() if value}


def _command(end: RepairEnd) -> str:
    next_step = {"approval_needed": "apply", "paused": "resume", "failed": "status"}
    if end.event.type in _ENDED:
        return f"reconcilery repair rollback {end.event.run_id}"
    return f"reconcilery repair {next_step.get(end.event.type, 'status')} {end.event.run_id}"


def _metrics(end: RepairEnd) -> dict[str, int]:
    if end.event.type in _ENDED:
        metrics = {"restored": end.restored, "wanted": end.wanted, "missing": end.still_missing}
        return {name: number for name, number in metrics.items() if number is not None}
    return {name: number for name, number in end.event.payload.items() if isinstance(number, int)}


def observations_after(end: RepairEnd, alerts: Iterable[Alert]) -> list[Observation]:
    """What the repair's own count says of these alerts: over where it found all of their window whole.

    The others only learn which repair has worked on them.
    """
    if end.event.type not in _ENDED:
        return []
    return [_observation(end, alert) for alert in alerts]


def _observation(end: RepairEnd, alert: Alert) -> Observation:
    return Observation(
        kind=alert.kind,
        service=alert.service,
        rule=alert.rule_id,
        labels=alert.labels,
        verdict=Sight.GOOD if _is_whole(end, alert) else Sight.NEUTRAL,
        at=end.event.created_at,
        verified={"run_id": end.event.run_id, "restored": end.restored, "wanted": end.wanted},
    )


def _is_whole(end: RepairEnd, alert: Alert) -> bool:
    window = alert.details.get("window")
    if end.still_missing != 0 or end.window is None or not window:
        return False
    start, last = (parse_utc(moment) for moment in window)
    return end.window.start <= start and last <= _as_of(end)


def _as_of(end: RepairEnd) -> datetime:
    """Until when the repair knows that nothing is missing."""
    assert end.window is not None
    return end.window.end
