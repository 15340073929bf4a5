"""Unusual volume: more or fewer successful tasks than such an hour usually has.

An hour is compared with the hours of the same time of day, weekdays and weekends apart: median and MAD, never
narrower than Poisson noise. A CUSUM in each direction adds up what exceeds half a deviation, so a small lasting
shift is seen as well as a large short one. Hours found unusual, and the hour being judged, are not in the baseline.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from math import sqrt
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from consistency.model import Finding, Level, Window, utc_text
from consistency.rules import level_of
from monitor_tasks.trends import HOUR, HourPoint

ENOUGH_HOURS = 14
SLACK = 0.5
ALARM_ABOVE = 6.0

#: The sum stops growing here, so that an alarm ends soon after the volume is back.
_CEILING = ALARM_ABOVE + 2
_MAD_TO_DEVIATION = 1.4826
_SATURDAY = 5
_USUAL_DEVIATIONS = 3
_DOUBLED = 2


class Volume(StrEnum):
    """What an hour's number of tasks is, measured by the hours like it."""

    LEARNING = "learning"  # fewer than 14 hours like it are known
    USUAL = "usual"
    LOW = "low"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class JudgedHour:
    """An hour, its tasks, and the median and standard deviation of the `n` hours like it (None while learning)."""

    start: datetime
    observed: int
    volume: Volume
    n: int
    expected: float | None = None
    deviation: float | None = None


@dataclass(slots=True)
class _Sums:
    low: float = 0.0
    high: float = 0.0

    def add(self, z: float) -> Volume:
        self.low, self.high = _grown(self.low, -z), _grown(self.high, z)
        if self.low > ALARM_ABOVE and z < -SLACK:
            return Volume.LOW
        return Volume.HIGH if self.high > ALARM_ABOVE and z > SLACK else Volume.USUAL


def _grown(total: float, z: float) -> float:
    """The next sum; an hour on the other side of the median halves it, for the shift has then likely ended."""
    return min(_CEILING, max(0.0, total + z - SLACK)) / (1 if z > 0 else 2)


@dataclass(slots=True)
class _Baseline:
    zone: ZoneInfo
    hours: dict[tuple[bool, int], list[int]] = field(default_factory=dict)

    def like(self, start: datetime) -> list[int]:
        local = start.astimezone(self.zone)
        return self.hours.setdefault((local.weekday() >= _SATURDAY, local.hour), [])


def judge_hours(points: Iterable[HourPoint], zone: ZoneInfo) -> Iterator[JudgedHour]:
    """Every hour in order of time, each judged by the ones before it; points are whole hours, idle ones included."""
    baseline, sums = _Baseline(zone), _Sums()
    previous: datetime | None = None
    for point in sorted(points, key=lambda point: point.start):
        if previous is None or point.start - previous != HOUR:
            sums = _Sums()
        alike = baseline.like(point.start)
        judged = _judged(point, alike, sums)
        if judged.volume in {Volume.USUAL, Volume.LEARNING}:
            alike.append(point.tasks)
        previous = point.start if judged.volume is not Volume.LEARNING else None
        yield judged


def _judged(point: HourPoint, alike: list[int], sums: _Sums) -> JudgedHour:
    if len(alike) < ENOUGH_HOURS:
        return JudgedHour(point.start, point.tasks, Volume.LEARNING, len(alike))
    expected = median(alike)
    spread = _MAD_TO_DEVIATION * median(abs(count - expected) for count in alike)
    # The median of n hours is itself uncertain by about 1.57 / n of their variance.
    deviation = max(spread, sqrt(expected), 1.0) * sqrt(1 + 1.57 / len(alike))
    volume = sums.add((point.tasks - expected) / deviation)
    return JudgedHour(point.start, point.tasks, volume, len(alike), expected, deviation)


def volume_findings(points: Iterable[HourPoint], window: Window, zone: ZoneInfo) -> list[Finding]:
    """One finding for each stretch of unusual hours that end within the window; `points` also hold the weeks before.

    Only whole hours are judged: end the window before the grace period, or its last hour looks too small.
    """
    stretches: list[list[JudgedHour]] = []
    for hour in judge_hours((point for point in points if point.start + HOUR <= window.end), zone):
        if hour.start < window.start or hour.volume not in {Volume.LOW, Volume.HIGH}:
            continue
        if stretches and _continues(stretches[-1][-1], hour):
            stretches[-1].append(hour)
        else:
            stretches.append([hour])
    return [_finding(stretch) for stretch in stretches]


def _continues(last: JudgedHour, hour: JudgedHour) -> bool:
    return hour.start - last.start == HOUR and hour.volume == last.volume


def _finding(stretch: list[JudgedHour]) -> Finding:
    observed = sum(hour.observed for hour in stretch)
    expected = sum(hour.expected or 0 for hour in stretch)
    margin = _USUAL_DEVIATIONS * sqrt(sum((hour.deviation or 0) ** 2 for hour in stretch))
    values = {
        "tasks": observed,
        "start": utc_text(stretch[0].start),
        "end": utc_text(stretch[-1].start + HOUR),
        "expected": round(expected),
        "lower": round(max(0.0, expected - margin)),
        "upper": round(expected + margin),
        "n": min(hour.n for hour in stretch),
    }
    if stretch[0].volume is Volume.LOW:
        level = level_of(observed / expected, missing=1) or Level.LOW
        fix = "see whether tasks still arrive and still succeed"
        return Finding("volume", level, _message("fewer", values), fix, "volume_low", values)
    level = Level.MEDIUM if observed >= _DOUBLED * expected else Level.LOW
    fix = "see whether tasks are started twice or imported in bulk"
    return Finding("volume", level, _message("more", values), fix, "volume_high", values)


def _message(how: str, values: dict[str, Any]) -> str:
    found = "{tasks} successful tasks from {start} to {end}, {how} than usual: expected {expected}"
    return (found + " ({lower} to {upper}), n={n}").format(how=how, **values)
