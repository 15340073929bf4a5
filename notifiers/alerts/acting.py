"""What people and time do to an alert: it is taken on, ended, given back, or nobody has looked at it for long."""

from datetime import datetime
from typing import Any

from consistency.errors import BadRequest
from notifiers.alerts.alert import Alert, AlertState
from notifiers.alerts.changes import NOT_ACKED, PRODUCT, Changed, Course, What

#: So many periods without an observation make an alert stale; that is never a sign of recovery.
MISSED_PERIODS = 3


def acknowledge(alert: Alert, who: str, until: datetime, note: str, now: datetime) -> Changed:
    """Nobody is reminded of it until then; BadRequest when it does not fire or `until` is over."""
    _require_live(alert, "acknowledged")
    if until <= now:
        raise BadRequest("for: the acknowledgement would be over already; give a time to come")
    course = Course(alert, now, now, who, {"until": until.isoformat(), "note": note})
    columns: dict[str, Any] = {"acked_by": who, "acked_at": now, "acked_until": until, "ack_note": note or None}
    # Its groups have to learn when to wake up again.
    course.change(What.ACKNOWLEDGED, arm=True, **columns)
    return course.ended()


def ack_expired(alert: Alert, now: datetime) -> Changed:
    """Give it back to everybody when the acknowledgement is over."""
    if not alert.is_live or alert.acked_until is None or now < alert.acked_until:
        return Changed(alert)
    course = Course(alert, now, now, PRODUCT, {"by": alert.acked_by})
    course.change(What.ACK_EXPIRED, arm=True, **NOT_ACKED)
    return course.ended()


def resolve_by(alert: Alert, who: str, note: str, now: datetime) -> Changed:
    """A person says that it is over; the next bad observation reopens it. BadRequest when it does not fire."""
    _require_live(alert, "resolved")
    course = Course(alert, now, now, who, {"note": note})
    columns: dict[str, Any] = {"state": AlertState.RESOLVED, "resolved_at": now, "resolved_by": who, "good_since": None}
    course.change(What.RESOLVED, arm=True, bad_streak=0, good_streak=0, **columns, **NOT_ACKED)
    return course.ended()


def go_stale(alert: Alert, now: datetime) -> Changed:
    """Mark an alert that is not observed any more; it goes on firing."""
    missing = alert.every is not None and now - alert.last_seen_at > alert.every * MISSED_PERIODS
    if alert.stale or not alert.is_live or not missing:
        return Changed(alert)
    course = Course(alert, now, now, PRODUCT, {"last_seen_at": alert.last_seen_at.isoformat()})
    course.change(What.STALE, stale=True)
    return course.ended()


def _require_live(alert: Alert, done: str) -> None:
    if not alert.is_live:
        raise BadRequest(f"alert: {alert.id} is {alert.state}; only a firing alert can be {done}")
