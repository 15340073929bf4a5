"""The slot of the schedule that a moment belongs to: however often beat asks, a slot is checked once."""

from datetime import datetime
from zoneinfo import ZoneInfo

from consistency.model import CheckType, utc_text
from consistency.settings import Settings
from monitor_tasks.windows import floor_to


def slot_of(kind: CheckType, now: datetime, settings: Settings) -> str:
    """A quick or full check has one slot a period; the deep check has one a day of the configured zone."""
    if kind is CheckType.DEEP:
        return now.astimezone(ZoneInfo(settings.timezone)).date().isoformat()
    period = settings.quick_every if kind is CheckType.QUICK else settings.full_every
    return utc_text(floor_to(now, period))
