"""When a group is looked at while more and more comes in."""

from dataclasses import dataclass
from datetime import datetime

from notifiers.routing.timers import Timers


@dataclass(frozen=True, slots=True)
class Burst:
    """A group is looked at `at`, which what comes in later may move back, but never beyond `by`."""

    at: datetime | None = None
    by: datetime | None = None


def arrived(burst: Burst, now: datetime, timers: Timers, *, urgent: bool = False) -> Burst:
    """The burst after something with these times has come in; urgent news does not wait at all."""
    if urgent:
        return Burst(now, now)
    by = _earlier(burst.by, now + timers.cap)
    return Burst(min(by, now + timers.quiet), by)


def _earlier(first: datetime | None, second: datetime) -> datetime:
    return second if first is None else min(first, second)
