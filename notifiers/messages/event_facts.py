"""What our own events carry, read from the body that also other services write."""

from collections.abc import Mapping

from consistency.model import parse_utc
from notifiers.messages.message import NoticeFact, Window

#: These act for nobody.
_PROCESSES = {"worker", "schedule", "celery"}


def actor(notice: NoticeFact) -> str:
    """The person who has done it; empty if it was a process."""
    by = word(notice, "by")
    return "" if by in _PROCESSES else by


def number(notice: NoticeFact, name: str) -> int:
    """A count of the event; 0 if it has none."""
    value = notice.metrics.get(name)
    return value if isinstance(value, int) else 0


def word(notice: NoticeFact, name: str) -> str:
    """A text of the event; empty if it has none."""
    value = notice.details.get(name)
    return value if isinstance(value, str) else ""


def window(notice: NoticeFact) -> Window | None:
    """The time that the event is about."""
    ends = notice.details.get("window")
    try:
        return (parse_utc(ends["start"]), parse_utc(ends["end"])) if isinstance(ends, Mapping) else None
    except (KeyError, ValueError, TypeError):
        return None


def exceeded(notice: NoticeFact) -> str:
    """`repair_cap = 100`: the setting that a plan is beyond."""
    limits = notice.details.get("exceeded")
    return ", ".join(f"{name} = {limit}" for name, limit in limits.items()) if isinstance(limits, Mapping) else ""
