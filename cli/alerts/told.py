"""An alert as the commands show it: on a line for people, as an object for programs."""

from datetime import datetime
from typing import Any

from cli.moments import seconds_text
from consistency.model import utc_text
from notifiers.alerts.alert import Alert

_SHORT = 8
_TIMES = ("starts_at", "fired_at", "resolved_at", "last_seen_at", "acked_at", "acked_until")
_PLAIN = (
    "id",
    "kind",
    "service",
    "episode",
    "summary",
    "labels",
    "seen",
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


def state_text(alert: Alert, now: datetime) -> str:
    """`firing, acknowledged by ada for 3.5 h, stale`."""
    words = [str(alert.state)]
    if alert.is_live and alert.acked_until and alert.is_acked(now):
        words.append(f"acknowledged by {alert.acked_by} for {seconds_text((alert.acked_until - now).total_seconds())}")
    words += [word for word in ("stale", "flapping") if getattr(alert, word)]
    words += [f"not told: {alert.suppressed_by}"] if alert.is_live and alert.suppressed_by else []
    return ", ".join(words)


def alert_object(alert: Alert) -> dict[str, Any]:
    """All that programs may want to know."""
    moments = {name: getattr(alert, name) for name in _TIMES}
    return {
        **{name: getattr(alert, name) for name in _PLAIN},
        "rule": alert.rule_id,
        "state": str(alert.state),
        "level": str(alert.level) if alert.level else None,
        **{name: utc_text(moment) if moment else None for name, moment in moments.items()},
    }
