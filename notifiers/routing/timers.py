"""How long the news of a group waits, and how often it is told again: by the level, unless the route says otherwise."""

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from consistency.model import Level
from consistency.route_settings import RouteSettings
from consistency.settings import Settings
from notifiers.routing.hours import next_clock

_HALF_A_DAY = timedelta(hours=12)
_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Timers:
    """The times of one level. With a `digest` its news is told at that time of day alone.

    `quiet` is how long nothing may come in before a message goes out, `cap` how long it waits at most,
    `group_interval` how long after a message more of the same is held back.
    """

    quiet: timedelta
    cap: timedelta
    group_interval: timedelta
    repeat: timedelta
    digest: time | None = None
    zone: ZoneInfo = _UTC

    def told_from(self, moment: datetime) -> datetime:
        """From when on something may be told that happened at `moment`."""
        return next_clock(self.digest, moment, self.zone) if self.digest is not None else moment

    def repeated_from(self, told_at: datetime) -> datetime:
        """From when on the same is told again."""
        if self.digest is None:
            return told_at + self.repeat
        # A digest a few seconds late must not push the next one beyond its time of day.
        return next_clock(self.digest, told_at + max(self.repeat - _HALF_A_DAY, timedelta(minutes=1)), self.zone)


def _seconds(quiet: int, cap: int, interval: int, repeat: int) -> Timers:
    return Timers(
        quiet=timedelta(seconds=quiet),
        cap=timedelta(seconds=cap),
        group_interval=timedelta(seconds=interval),
        repeat=timedelta(seconds=repeat),
    )


_MEDIUM = _seconds(15, 75, 300, 6 * 3600)
_BY_LEVEL = {
    Level.CRITICAL: _seconds(0, 0, 60, 30 * 60),
    Level.HIGH: _seconds(10, 30, 300, 2 * 3600),
    Level.MEDIUM: _MEDIUM,
    Level.LOW: _seconds(15, 75, 0, 24 * 3600),
}


def timers_of(route: RouteSettings, level: Level, settings: Settings) -> Timers:
    """The times of an alert; a mild one waits for the digest unless the route says how long it waits."""
    timers = _with_waits(_BY_LEVEL[level], route)
    waits = route.quiet is not None or route.cap is not None
    if level is Level.LOW and not waits:
        timers = replace(timers, digest=settings.digest_at, zone=ZoneInfo(settings.timezone))
    if route.group_interval is not None:
        timers = replace(timers, group_interval=route.group_interval)
    return timers if route.repeat is None else replace(timers, repeat=route.repeat)


def timers_of_notice(route: RouteSettings, level: Level) -> Timers:
    """The times of an event: it is news of the moment, so not even a mild one waits for the digest."""
    timers = _with_waits(_MEDIUM if level is Level.LOW else _BY_LEVEL[level], route)
    return timers if route.group_interval is None else replace(timers, group_interval=route.group_interval)


def held_back(timers: Timers, told_at: datetime | None, now: datetime) -> Timers:
    """The times of one more event of a group that was told of events then, so that a flood is few messages."""
    wait = timedelta(0) if told_at is None else told_at + timers.group_interval - now
    return replace(timers, quiet=max(timers.quiet, wait), cap=max(timers.cap, wait))


def _with_waits(timers: Timers, route: RouteSettings) -> Timers:
    if route.quiet is not None:
        timers = replace(timers, quiet=route.quiet, cap=max(timers.cap, route.quiet))
    if route.cap is not None:
        timers = replace(timers, cap=route.cap, quiet=min(timers.quiet, route.cap))
    return timers
