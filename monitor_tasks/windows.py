"""Which stretch of time a check looks at, and how it is cut into parts."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from consistency.ledger.parts import HISTORY, SCAN, SUMMARY, PlannedPart
from consistency.model import CheckType, Window

LENGTHS = {
    CheckType.QUICK: timedelta(hours=1),
    CheckType.FULL: timedelta(hours=24),
    CheckType.DEEP: timedelta(days=14),
}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_PARTS = 400


def window_of(kind: CheckType, as_of: datetime) -> Window:
    """The window of a quick, full or deep check at the moment `as_of`."""
    return Window(as_of - LENGTHS[kind], as_of)


def parts_of(
    kind: CheckType, window: Window, compare_at: datetime | None = None, unmeasured: Collection[Window] = ()
) -> list[PlannedPart]:
    """The parts of a check in the order in which they are taken: newest first, then history, then the summary.

    Parts begin and end on whole steps of UTC time, so that no hour is shared by two of them; `compare_at` cuts too.
    """
    if kind is CheckType.QUICK:
        return [PlannedPart(SUMMARY, window)]
    cuts = [compare_at] if compare_at and window.start < compare_at < window.end else []
    scans = [PlannedPart(SCAN, piece) for piece in reversed(cut(window, _step(kind, window), cuts))]
    history = [PlannedPart(HISTORY, piece) for stretch in unmeasured for piece in cut(stretch, DAY)]
    return [*scans, *history, PlannedPart(SUMMARY, window)]


def _step(kind: CheckType, window: Window) -> timedelta:
    if kind is CheckType.DEEP:
        return DAY
    if window.length <= 2 * DAY:
        return 4 * HOUR
    days = -(-window.length // (_MOST_PARTS * DAY))
    return days * DAY


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


def unmeasured_stretches(history: Window, measured: Collection[datetime]) -> list[Window]:
    """The stretches of whole hours in `history` that are not among the measured hours."""
    stretches: list[Window] = []
    hour = ceil_to(history.start, HOUR)
    while hour + HOUR <= history.end:
        if hour not in measured:
            if stretches and stretches[-1].end == hour:
                stretches[-1] = Window(stretches[-1].start, hour + HOUR)
            else:
                stretches.append(Window(hour, hour + HOUR))
        hour += HOUR
    return stretches
