"""What a repair says of the alerts of its rule: that it has brought back what they told of."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from consistency.errors import BadRequest
from consistency.ledger.repair_events import RepairEvent
from consistency.ledger.repair_tables import repair_runs
from consistency.model import Window, parse_utc
from notifiers.alerts.alert import Alert
from notifiers.alerts.observation import Observation, Sight

_ENDED = {"succeeded", "succeeded_with_leftovers"}
#: In whose name beat has repairs planned.
_SCHEDULE = "schedule"


@dataclass(frozen=True)
class RepairEnd:
    """An event with what is known of its run; `window` is None where tasks were named one by one.

    `waits` is whether it is a plan of the schedule, which nobody has asked for and somebody has to apply.
    """

    event: RepairEvent
    rule: str
    window: Window | None
    waits: bool = False

    @property
    def has_ended(self) -> bool:
        """Whether it has done what it could, and counted again."""
        return self.event.type in _ENDED

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
    waits = event.type == "planned" and run.dry_run and run.created_by == _SCHEDULE
    return RepairEnd(event, run.rule_id, window, waits)


def observations_after(end: RepairEnd, alerts: Iterable[Alert]) -> list[Observation]:
    """What the repair's own count says of these alerts: over where it found all of their window whole.

    The others only learn which repair has worked on them.
    """
    if not end.has_ended:
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
