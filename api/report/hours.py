"""The hours of a window as they were counted last, with those before them that trend and usual volume need."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from consistency.ledger.buckets import read_tally, stored_hours
from consistency.mapping import RuleMapping, rule_hash
from consistency.model import Window
from consistency.settings import Settings
from consistency.stretches import HOUR, ceil_to, floor_to
from consistency.tally import Tally, merged
from monitor_tasks.hour_points import points_of, rounded
from monitor_tasks.onset import onset
from monitor_tasks.trends import HourPoint, trend_by_day
from monitor_tasks.volume import JudgedHour, judge_hours

#: Seven weeks hold the fourteen days of a weekend that a judgement needs.
_BASELINE = timedelta(days=56)
#: Seventy days of three rules. Reports only read tallies, so all of them may share one.
_shared_tally = lru_cache(maxsize=5040)(read_tally)


@dataclass(frozen=True, slots=True)
class Hours:
    """`whole` is the stretch of whole hours that are shown; `known` holds these and earlier ones that were counted."""

    whole: Window
    known: dict[datetime, Tally]
    measures_delay: bool

    @property
    def within(self) -> dict[datetime, Tally]:
        """The counted hours of the window."""
        return {hour: tally for hour, tally in self.known.items() if self.whole.start <= hour < self.whole.end}

    @property
    def number(self) -> int:
        """How many hours there are to count."""
        return self.whole.length // HOUR

    @property
    def coverage(self) -> float:
        """The share of them that was counted; 0 when there is none."""
        return len(self.within) / self.number if self.number else 0.0

    @property
    def total(self) -> Tally:
        """The sum of the counted hours."""
        return merged(self.within.values())

    def points(self, since: datetime | None = None) -> list[HourPoint]:
        """One point an hour, from the first hour with a task on."""
        chosen = {int(hour.timestamp()): tally for hour, tally in self.known.items() if since is None or hour >= since}
        return points_of(chosen, measures_delay=self.measures_delay)


def hours_of(connection: Connection, settings: Settings, mapping: RuleMapping, window: Window, now: datetime) -> Hours:
    """What full, deep and range checks have counted hour by hour, each hour as the latest of them found it.

    The newest hours are shown once they are counted; they are missed when two turns of the full check have passed.
    """
    before = max(_BASELINE, window.length)
    looked_at = Window(floor_to(window.start - before, HOUR), window.end)
    known = stored_hours(connection, mapping.id, rule_hash(mapping), looked_at, _shared_tally)
    start = ceil_to(window.start, HOUR)
    due = floor_to(min(window.end, now - mapping.grace - 2 * settings.full_every - HOUR), HOUR)
    counted = max((hour + HOUR for hour in known if hour + HOUR <= window.end), default=start)
    whole = Window(start, max(start, due, counted))
    usable = {hour: tally for hour, tally in known.items() if hour + HOUR <= window.end}
    return Hours(whole, usable, bool(mapping.child.created_at))


def trend_of(hours: Hours, zone: ZoneInfo) -> dict[str, Any]:
    """As in deep checks: days, this period against the one before, the slope."""
    found: dict[str, Any] = rounded(trend_by_day(hours.points(), hours.whole, zone))
    return found


def onset_of(hours: Hours) -> dict[str, Any] | None:
    """The fall that stands out most within the window; it is also looked for in as long a time before."""
    points = hours.points(hours.whole.start - hours.whole.length)
    while found := onset(points):
        until = found["until"]
        if until is None or datetime.fromisoformat(until) > hours.whole.start:
            break
        points = [point for point in points if point.start >= datetime.fromisoformat(until)]
    result: dict[str, Any] | None = rounded(found)
    return result


def judged(hours: Hours, zone: ZoneInfo) -> dict[datetime, JudgedHour]:
    """How many tasks each hour of the window had, and how many such hours usually have."""
    points = [point for point in hours.points() if point.start < hours.whole.end]
    return {hour.start: hour for hour in judge_hours(points, zone) if hour.start >= hours.whole.start}
