"""Stretches of time cut at whole steps since 1970, so that the pieces of different windows meet at the same moments."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from consistency.model import Window

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def cut(window: Window, step: timedelta, cuts: Collection[datetime] = ()) -> list[Window]:
    """Adjoining pieces of the window, at most `step` long, that begin at whole steps since 1970 where they can."""
    edges = {window.start, window.end, *cuts}
    edge = floor_to(window.start, step) + step
    while edge < window.end:
        edges.add(edge)
        edge += step
    ordered = sorted(edges)
    return [Window(start, end) for start, end in pairwise(ordered)]


def floor_to(moment: datetime, step: timedelta) -> datetime:
    """The last whole step since 1970 at or before `moment`."""
    return moment - (moment - _EPOCH) % step


def ceil_to(moment: datetime, step: timedelta) -> datetime:
    """The first whole step since 1970 at or after `moment`."""
    return moment + (_EPOCH - moment) % step
