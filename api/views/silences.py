"""A silence as an object for programs."""

from datetime import datetime
from typing import Any

from consistency.model import utc_text
from notifiers.alerts.silences import Silence


def silence_object(silence: Silence) -> dict[str, Any]:
    """All that programs may want to know."""
    moments = {name: getattr(silence, name) for name in ("starts_at", "ends_at", "created_at", "ended_at")}
    plain = {name: getattr(silence, name) for name in ("id", "matchers", "author", "reason", "ended_by")}
    return {**plain, **{name: utc_text(moment) if moment else None for name, moment in moments.items()}}


def silence_state(silence: Silence, now: datetime) -> str:
    """`holds`, `begins later` or `over`."""
    if silence.ended_at is not None or now >= silence.ends_at:
        return "over"
    return "holds" if silence.is_live(now) else "begins later"
