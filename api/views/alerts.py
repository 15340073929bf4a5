"""An alert as it is shown: on a line for people, as an object for programs."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from api.views.times import seconds_text
from consistency.model import utc_text
from notifiers.alerts.alert import LIVE, Alert
from notifiers.alerts.handling import find_alerts
from notifiers.deliveries.breakers import broken_channels
from notifiers.deliveries.dead import count_dead

_SHORT = 8
_MOST = 1000
_TIMES = ("starts_at", "fired_at", "resolved_at", "last_seen_at", "acked_at", "acked_until")
_PLAIN = (
    "id",
    "kind",
    "service",
    "episode",
    "summary",
    "labels",
    "stale",
    "flapping",
    "acked_by",
    "ack_note",
    "resolved_by",
    "suppressed_by",
    "repair",
    "details",
)


def short_id(alert: Alert) -> str:
    """Enough of the id to name it by."""
    return alert.id[:_SHORT]


def state_text(alert: Alert) -> str:
    """`firing, not told, stale`."""
    untold = ["not told"] if _is_untold(alert) else []
    return ", ".join([str(alert.state), *untold, *(word for word in ("stale", "flapping") if getattr(alert, word))])


def taken_text(alert: Alert, now: datetime) -> str:
    """`ada@laptop, 3.5 h more`; empty while nobody has taken it on."""
    if not alert.is_live or alert.acked_until is None or not alert.is_acked(now):
        return ""
    return f"{alert.acked_by}, {seconds_text((alert.acked_until - now).total_seconds())} more"


def stands_text(alert: Alert, now: datetime) -> str:
    """Both on one line: `firing, stale, taken by ada@laptop, 3.5 h more`."""
    taken = taken_text(alert, now)
    return f"{state_text(alert)}, taken by {taken}" if taken else state_text(alert)


def what_text(alert: Alert) -> str:
    """The rule and kind of check, what was seen, and why nobody is told; what cannot be seen of a rule has none."""
    check = f" ({alert.labels['check']})" if "check" in alert.labels else ""
    about = f"{alert.rule_id}{check}: " if alert.rule_id else ""
    untold = f" [not told: {alert.suppressed_by}]" if _is_untold(alert) else ""
    return f"{about}{alert.summary}{untold}"


def _is_untold(alert: Alert) -> bool:
    return alert.is_live and bool(alert.suppressed_by)


def alert_object(alert: Alert) -> dict[str, Any]:
    """All that programs may want to know."""
    moments = {name: getattr(alert, name) for name in _TIMES}
    return {
        **{name: getattr(alert, name) for name in _PLAIN},
        "rule": alert.rule_id,
        "seen": alert.times_seen,
        "state": str(alert.state),
        "level": str(alert.level) if alert.level else None,
        **{name: utc_text(moment) if moment else None for name, moment in moments.items()},
    }


def alerts_overview(connection: Connection, now: datetime) -> list[dict[str, Any]]:
    """What fires, the latest change first."""
    return [
        {**alert_object(alert), "short_id": short_id(alert), "stands": stands_text(alert, now)}
        for alert in find_alerts(connection, LIVE, limit=_MOST)
    ]


def channels_overview(connection: Connection) -> dict[str, Any]:
    """Which channels are broken and why, and how many messages were given up, up to a hundred."""
    broken = [{"channel": turn.channel, "reason": turn.reason} for turn in broken_channels(connection)]
    return {"broken": broken, "dead_messages": count_dead(connection)}
