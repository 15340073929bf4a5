"""Wall clocks without a zone: what a naive column means, and which stretch of it a UTC window covers.

A naive value is read the way Python reads `fold=0`: what a clock shows twice is its first showing, what it skips
is counted on with the offset from before the skip.
"""

import re
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

_TICK = timedelta(microseconds=1)
_SECOND = timedelta(seconds=1)
_STRIDE = timedelta(days=1)
_CONTINENTS = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
_OFFSET_NAME = re.compile(r"(?:UTC|GMT)?([+-])0?([0-9]{1,2})(?::?00)?", re.ASCII | re.IGNORECASE)


class Transition(NamedTuple):
    """A clock change: its instant, the first naive value read with the new offset, and both offsets in seconds."""

    at_utc: datetime
    local: datetime
    offset_before_seconds: int
    offset_after_seconds: int


def get_zone(name: str) -> ZoneInfo:
    """The IANA zone of that name; ValueError with a near name otherwise."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"unknown time zone {name!r}{_hint(name)}") from None


def _hint(name: str) -> str:
    offset = _OFFSET_NAME.fullmatch(name)
    if offset:
        reversed_sign = "-" if offset[1] == "+" else "+"
        return (
            f": a fixed offset is written Etc/GMT{reversed_sign}{offset[2]} (the sign is reversed), a place Asia/Tokyo"
        )
    zones = available_timezones() - {"localtime"}
    cities = {zone.rpartition("/")[2].lower(): zone for zone in zones if zone.startswith(_CONTINENTS)}
    known = cities | {zone.lower(): zone for zone in zones}
    near = get_close_matches(name.lower().replace(" ", "_"), known, n=1, cutoff=0.75)
    return f": did you mean {known[near[0]]}?" if near else ": write an IANA name like UTC or Asia/Shanghai"


def local_bound(moment: datetime, zone: ZoneInfo) -> datetime:
    """The smallest naive wall time from which on every wall time reads at or after `moment` (aware UTC).

    The bounds of adjoining windows adjoin, so every wall time lies in exactly one of them: what a clock shows twice
    belongs to its first showing, and what it skips to the window that holds the moment of the skip.
    """
    before = (moment - _TICK).astimezone(zone)
    if before.fold:
        return transitions(zone, moment - 2 * _STRIDE, moment)[-1].local
    return before.replace(tzinfo=None) + _TICK


def _offset(moment: datetime, zone: ZoneInfo) -> int:
    offset = moment.astimezone(zone).utcoffset()
    assert offset is not None
    return round(offset.total_seconds())


def transitions(zone: ZoneInfo, start: datetime, end: datetime) -> list[Transition]:
    """The clock changes at `start <= at_utc < end` (aware UTC), exact to the second, oldest first."""
    found: list[Transition] = []
    low, last = _whole_second_from(start) - _SECOND, _whole_second_from(end) - _SECOND
    while low < last:
        high = min(low + _STRIDE, last)
        if _offset(low, zone) != _offset(high, zone):
            high = _first_change(low, high, zone)
            found.append(_transition(high, zone))
        low = high
    return found


def _whole_second_from(moment: datetime) -> datetime:
    floor = moment.replace(microsecond=0)
    return floor if floor == moment else floor + _SECOND


def _first_change(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    before = _offset(low, zone)
    while high - low > _SECOND:
        middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
        if _offset(middle, zone) == before:
            low = middle
        else:
            high = middle
    return high


def _transition(at: datetime, zone: ZoneInfo) -> Transition:
    before, after = _offset(at - _SECOND, zone), _offset(at, zone)
    local = at.replace(tzinfo=None) + timedelta(seconds=max(before, after))
    return Transition(at, local, before, after)


def offset_steps(zone: ZoneInfo, start: datetime, end: datetime) -> tuple[int, list[tuple[datetime, int]]]:
    """The offset (seconds east of UTC) that naive values around `start` have, then (naive boundary, offset from it on).

    UTC = value - offset, with `value < boundary` deciding, for every naive value between the bounds of the window.
    """
    changes = transitions(zone, start, end)
    first = changes[0].offset_before_seconds if changes else _offset(start, zone)
    return first, [(change.local, change.offset_after_seconds) for change in changes]


def read_naive(value: datetime, zone: ZoneInfo) -> datetime:
    """The instant (aware UTC) that a naive value of that zone stands for."""
    return value.replace(tzinfo=zone, fold=0).astimezone(UTC)
