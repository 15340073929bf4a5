"""Where a moment stands between two edges, and which moments and numbers are named beside a chart."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from consistency.model import Window

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_STEPS = (_HOUR / 4, _HOUR / 2, _HOUR, 2 * _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR)
_DAYS = (1, 2, 7, 14, 28, 91)
_EVERY_SECOND = 2


@dataclass(frozen=True, slots=True)
class Tick:
    """A named place: percent of the width or height, its label, and whether a narrow screen does without it."""

    at: float
    label: str
    minor: bool = False


def percent(moment: datetime, window: Window) -> float:
    """0 at the window's start, 100 at its end; never outside."""
    length = window.length
    return min(100.0, max(0.0, 100 * ((moment - window.start) / length))) if length else 0.0


def time_ticks(window: Window, zone: ZoneInfo, most: int = 9) -> list[Tick]:
    """Whole hours or days of the zone that lie well within the window: `11:00`, at midnight the date `09-16`."""
    moments = [moment for moment in _round_moments(window, zone, most) if window.start <= moment <= window.end]
    return [
        Tick(percent(moment, window), _label(moment, zone), minor=place % _EVERY_SECOND == 1)
        for place, moment in enumerate(moments)
    ]


def _label(moment: datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    return f"{local:%m-%d}" if local.time() == time.min else f"{local:%H:%M}"


def _round_moments(window: Window, zone: ZoneInfo, most: int) -> Iterator[datetime]:
    step = next((step for step in _STEPS if window.length <= most * step), None)
    day = window.start.astimezone(zone).date()
    if step is None:
        days = next((days for days in _DAYS if window.length <= most * days * _DAY), _DAYS[-1])
        # Counted from a Monday long ago, so that the same days are named while time goes on.
        day -= timedelta(days=(day.toordinal() - 1) % days)
        while (moment := _midnight(day, zone)) <= window.end:
            yield moment
            day += timedelta(days=days)
        return
    while (midnight := _midnight(day, zone)) <= window.end:
        day += timedelta(days=1)
        following, moment = _midnight(day, zone), midnight
        while moment < following:
            yield moment
            moment += step


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def ceiling(value: float) -> float:
    """The least of 1, 2, 3, 4, 5, 6, 8 or 10 times a power of ten that is not below the value; 1 for 0."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(times * power for times in (1, 2, 3, 4, 5, 6, 8, 10) if value <= times * power * (1 + 1e-9))


def rate_words(rate: float) -> str:
    """`91.8 %`; rounding never lifts a rate over a bound, so 100 % means that nothing is missing."""
    tenths = round(1000 * rate)
    if tenths in _BOUNDS and 1000 * rate < tenths - _NOISE:
        tenths -= 1
    return f"{tenths // 10} %" if tenths == _BOUNDS[-1] else f"{tenths // 10}.{tenths % 10} %"


_BOUNDS = (500, 800, 950, 1000)
_NOISE = 1e-9


def length_words(seconds: float) -> str:
    """A length in one unit and few digits: `0.5 s`, `30 s`, `2 min`, `6 h`, `3 d`."""
    size, unit = next((size, unit) for size, unit in _UNITS if seconds >= size or unit == "s")
    return f"{seconds / size:.3g} {unit}"


_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))
