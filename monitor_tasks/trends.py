"""The trend: hours, days, this period against the one before, and the slope of the daily rate."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate, combinations
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from consistency.histogram import DelayHistogram
from consistency.model import Window, utc_text
from consistency.rules import completion_rate
from monitor_tasks.comparison import SIGNIFICANT_BELOW, share, two_proportion_p

HOUR = timedelta(hours=1)
_DAYS_FOR_A_SLOPE = 3


@dataclass(frozen=True, slots=True)
class HourPoint:
    """What was counted in the hour from `start` (aware UTC); an hour that nobody looked at has no point.

    Delays are seconds; with `delays` the percentiles of longer stretches are exact to a bucket's width.
    """

    start: datetime
    tasks: int
    with_outputs: int
    missing: int
    late: int | None
    delay_p50: float | None
    delay_p95: float | None
    delays: DelayHistogram | None = None


def trend(points: Iterable[HourPoint], window: Window, zone: ZoneInfo) -> dict[str, Any]:
    """The window by hours and by days of `zone`, against the equally long period before it.

    `points` are whole UTC hours of both periods in any order; what lies outside is ignored, a missing hour is a gap.
    """
    known = {point.start: point for point in points}
    hourly = [{"start": utc_text(hour), **_summary(_known([hour], known))} for hour in _hours(window)]
    return {"hourly": hourly, **trend_by_day(known.values(), window, zone)}


def trend_by_day(points: Iterable[HourPoint], window: Window, zone: ZoneInfo) -> dict[str, Any]:
    """The same without the hours."""
    known = {point.start: point for point in points}
    hours = _hours(window)
    earlier = [hour - len(hours) * HOUR for hour in hours]
    days = _days(hours, known, zone)
    this, previous = _period(hours, known), _period(earlier, known)
    return {
        "daily": days,
        "this_period": this,
        "previous_period": previous,
        "change": _change(this, previous),
        "slope": _slope(days),
    }


def _hours(window: Window) -> list[datetime]:
    first = window.start.replace(minute=0, second=0, microsecond=0)
    return [first + step * HOUR for step in range(-((first - window.end) // HOUR))]


def _known(hours: Iterable[datetime], known: dict[datetime, HourPoint]) -> list[HourPoint]:
    return [known[hour] for hour in hours if hour in known]


def _days(hours: Sequence[datetime], known: dict[datetime, HourPoint], zone: ZoneInfo) -> list[dict[str, Any]]:
    days: dict[date, list[datetime]] = {}
    for hour in hours:
        days.setdefault(hour.astimezone(zone).date(), []).append(hour)
    return [{"date": day.isoformat(), "hours": len(of_day), **_covered(of_day, known)} for day, of_day in days.items()]


def _period(hours: Sequence[datetime], known: dict[datetime, HourPoint]) -> dict[str, Any]:
    bounds = {"start": utc_text(hours[0]), "end": utc_text(hours[-1] + HOUR)} if hours else {"start": None, "end": None}
    return {**bounds, "hours": len(hours), **_covered(hours, known)}


def _covered(hours: Sequence[datetime], known: dict[datetime, HourPoint]) -> dict[str, Any]:
    points = _known(hours, known)
    return {"hours_with_data": len(points), **_summary(points)}


def _summary(points: Sequence[HourPoint]) -> dict[str, Any]:
    if not points:
        return dict.fromkeys(_SUMMARY)
    tasks, with_outputs = sum(point.tasks for point in points), sum(point.with_outputs for point in points)
    lates = [point.late for point in points if point.late is not None]
    late = sum(lates) if len(lates) == len(points) else None
    values = (
        tasks,
        with_outputs,
        sum(point.missing for point in points),
        late,
        completion_rate(with_outputs, tasks),
        share(late, with_outputs),
        *_delays(points),
    )
    return dict(zip(_SUMMARY, values, strict=True))


_SUMMARY = (
    "tasks",
    "tasks_with_outputs",
    "missing",
    "late",
    "completion_rate",
    "late_share",
    "delay_p50",
    "delay_p95",
)


def _delays(points: Sequence[HourPoint]) -> tuple[float | None, float | None]:
    """The delays that half and 95 % of the outputs did not exceed."""
    merged = DelayHistogram()
    for point in points:
        if point.delays is None:
            return _typical(points, "delay_p50"), _typical(points, "delay_p95")
        merged.merge(point.delays)
    return merged.percentile(0.5), merged.percentile(0.95)


def _typical(points: Sequence[HourPoint], name: str) -> float | None:
    """The median of the hours' values, each as heavy as its outputs: percentiles cannot be added up."""
    values = sorted((value, p.with_outputs) for p in points if (value := getattr(p, name)) is not None)
    weights = list(accumulate(weight for _, weight in values))
    return values[bisect_left(weights, weights[-1] / 2)][0] if values else None


def _change(this: dict[str, Any], previous: dict[str, Any]) -> dict[str, Any]:
    """This period minus the previous one; totals only where both cover equally many hours."""
    change = {name: _difference(this[name], previous[name]) for name in _COMPARED}
    if this["hours_with_data"] != previous["hours_with_data"]:
        change |= {"tasks": None, "missing": None}
    p_value = None
    if this["tasks"] and previous["tasks"]:
        p_value = two_proportion_p(
            this["tasks_with_outputs"], this["tasks"], previous["tasks_with_outputs"], previous["tasks"]
        )
    significant = p_value is not None and p_value < SIGNIFICANT_BELOW
    return {**change, "completion_rate_p_value": p_value, "completion_rate_significant": significant}


_COMPARED = ("tasks", "missing", "completion_rate", "late_share", "delay_p50", "delay_p95")


def _difference(this: float | None, previous: float | None) -> float | None:
    return None if this is None or previous is None else this - previous


def _slope(days: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Theil-Sen: the median of the slopes between all pairs of days, which single bad days cannot bend."""
    rates = [
        (date.fromisoformat(day["date"]).toordinal(), day["completion_rate"])
        for day in days
        if day["completion_rate"] is not None
    ]
    if len(rates) < _DAYS_FOR_A_SLOPE:
        return None
    slopes = [(rate - earlier) / (day - before) for (before, earlier), (day, rate) in combinations(rates, 2)]
    return {"completion_rate_per_day": median(slopes), "days": len(rates)}
