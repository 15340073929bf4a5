"""How an alert stands for one channel when its group is looked at."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from consistency.model import Level
from notifiers.alerts.alert import Alert
from notifiers.routing.timers import Timers


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """What is decided by.

    `due_at` is from when on the channel may hear of it, None for not as long as it stands so. `muted` keeps the
    channel from hearing that it fires, `held` that it is over.
    """

    fingerprint: str
    episode: int
    level: Level
    firing: bool
    timers: Timers
    due_at: datetime | None
    #: Told because nobody has acknowledged; only then, and not along with other news before it is due.
    escalates: bool = False
    acked_until: datetime | None = None
    resolved_at: datetime | None = None
    muted: bool = False
    held: bool = False
    was_muted: bool = False
    flapping: bool = False


def stand_of(alert: Alert, timers: Timers, *, muted: bool, held: bool) -> Stand:
    """How it stands for the receivers of a route."""
    since = alert.fired_at if alert.is_live else alert.resolved_at
    return Stand(
        fingerprint=alert.fingerprint,
        episode=alert.episode,
        level=alert.level or Level.LOW,
        firing=alert.is_live,
        timers=timers,
        due_at=timers.told_from(since or alert.updated_at),
        acked_until=alert.acked_until if alert.is_live else None,
        resolved_at=alert.resolved_at,
        muted=muted,
        held=held,
        was_muted=bool(alert.suppressed_by),
        flapping=alert.flapping,
    )


def escalated(stand: Stand, alert: Alert, after: timedelta, now: datetime) -> Stand:
    """How it stands for those who are told when nobody has acknowledged it `after` it has fired."""
    if not alert.is_live:
        return stand
    from_then = (alert.fired_at or alert.updated_at) + after
    return replace(stand, due_at=None if alert.is_acked(now) else from_then, escalates=True)
