"""Which stretch of time a check looks at, and how it is cut into parts."""

from collections.abc import Collection
from datetime import datetime, timedelta

from consistency.ledger.parts import HISTORY, SCAN, SUMMARY, PlannedPart
from consistency.model import CheckType, Window
from consistency.stretches import DAY, HOUR, ceil_to, cut

LENGTHS = {
    CheckType.QUICK: timedelta(hours=1),
    CheckType.FULL: timedelta(hours=24),
    CheckType.DEEP: timedelta(days=14),
}
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
