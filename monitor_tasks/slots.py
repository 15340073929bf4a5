"""The slot of the schedule that a moment belongs to: however often beat asks, a slot is checked once."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from consistency.model import CheckType, utc_text
from consistency.settings import Settings
from consistency.stretches import floor_to

_EARLY_DEEP = timedelta(hours=1)


def slot_of(kind: CheckType, now: datetime, settings: Settings) -> str:
    """A quick or full check has one slot a period; the deep check has one a day, from its time of day on.

    A worker's clock may be behind beat's: what comes up to a tenth of a period early belongs to the slot that follows.
    """
    if kind is CheckType.DEEP:
        local = now.astimezone(ZoneInfo(settings.timezone)).replace(tzinfo=None)
        since_midnight = timedelta(hours=settings.deep_at.hour, minutes=settings.deep_at.minute)
        return (local - since_midnight + _EARLY_DEEP).date().isoformat()
    period = settings.quick_every if kind is CheckType.QUICK else settings.full_every
    return utc_text(floor_to(now + period / 10, period))
