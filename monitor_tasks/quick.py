"""The quick check: only what is new since the watermark, and the tasks that were still open, are read again.

Its hour is put together from three kinds of slices of five minutes:

    |head|  settled slices, from the cursor; their open tasks are asked for by key  |  fresh: scanned anew  |
    start                                                              watermark - look-back              now

What a slice may have lost meanwhile (a deleted output, a transaction that stayed open for longer than the look-back)
comes back with the next full check, which drops the cursor.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from consistency.host import BoundRule
from consistency.ledger.quick_state import (
    LONGEST_KEY,
    Cursor,
    OpenGap,
    has_cursor,
    replace_open_set,
    save_cursor,
)
from consistency.model import Window
from consistency.source import Source
from consistency.stretches import ceil_to, floor_to
from consistency.tally import Slots, Tally
from monitor_tasks.scan import RECHECK_BATCH, Recheck, Scanned, Sighting, scan
from monitor_tasks.statements import Scope

SLICE = timedelta(minutes=5)
SLICE_SECONDS = 300
MOST_OPEN = 50_000


@dataclass(frozen=True)
class QuickPlan:
    """Where the slices of the window come from; `kept` is empty when everything is scanned."""

    head: Window
    kept: Window
    fresh: Window


@dataclass
class QuickScan:
    """The tally of the window, what is open in it (key -> finish time), and the cursor for the next check."""

    scanned: Scanned = field(default_factory=Scanned)
    open_now: dict[str, datetime] = field(default_factory=dict)
    overflow: bool = False

    def note(self, sighting: Sighting) -> None:
        if len(self.open_now) >= MOST_OPEN or len(str(sighting.key)) > LONGEST_KEY:
            self.overflow = True
        else:
            self.open_now[str(sighting.key)] = datetime.fromtimestamp(sighting.done, UTC)


def plan_slices(window: Window, cursor: Cursor | None, behind: timedelta) -> QuickPlan:
    """Keep the unbroken run of settled slices from the first whole slice on; scan the rest.

    A slice settles when it lies behind the watermark by the look-back and by the grace period.
    """
    first = ceil_to(window.start, SLICE)
    nothing = Window(window.start, window.start)
    if cursor is None:
        return QuickPlan(nothing, nothing, window)
    # A clock that was set back must not leave the check with slices behind its own end.
    until, edge = floor_to(min(cursor.watermark, window.end) - behind, SLICE), first
    while edge < until and _seconds(edge) in cursor.slices.tallies:
        edge += SLICE
    if edge == first:
        return QuickPlan(nothing, nothing, window)
    return QuickPlan(Window(window.start, first), Window(first, edge), Window(edge, window.end))


def scan_quickly(
    source: Source,
    rule: BoundRule,
    as_of: datetime,
    plan: QuickPlan,
    cursor: Cursor | None,
    known: Collection[OpenGap],
) -> QuickScan:
    """Scan what the plan calls fresh, take the settled slices over, and ask for the known open tasks by key."""
    found = QuickScan()
    fresh = tuple(piece for piece in (plan.head, plan.fresh) if piece.length)
    found.scanned = scan(source, rule, Scope(fresh, as_of, SLICE_SECONDS), found.note)
    if plan.kept.length and cursor is not None:
        kept = {start: tally for start, tally in cursor.slices.tallies.items() if _lies_in(start, plan.kept)}
        found.scanned.settled.tallies.update(kept)  # Only whole slices are kept, and none of those was scanned.
        _look_at_open_tasks(source, rule, Scope((plan.kept,), as_of, SLICE_SECONDS), known, found)
    return found


def _look_at_open_tasks(
    source: Source, rule: BoundRule, scope: Scope, known: Collection[OpenGap], found: QuickScan
) -> None:
    kept = scope.windows[0]
    keys = [rule.parse_key(gap.key) for gap in known if kept.start - SLICE <= gap.done_at < kept.end + SLICE]
    look = Recheck(source, rule, scope, found.scanned, found.note)
    for start in range(0, len(keys), RECHECK_BATCH):
        look.look(keys[start : start + RECHECK_BATCH])


def remember(
    connection: Connection,
    rule: BoundRule,
    window: Window,
    found: QuickScan,
    cursor: Cursor | None,
    known: Collection[OpenGap],
    behind: timedelta,
    now: datetime,
) -> None:
    """Write the open set and the next cursor.

    The next check scans everything when there are more open tasks than are kept, or when a full check has dropped the
    cursor meanwhile: what it wanted forgotten must not come back with the slices taken over from before.
    """
    replace_open_set(connection, rule.id, known, found.open_now, now)
    last = datetime.fromtimestamp(found.scanned.last_done, UTC) if found.scanned.last_done is not None else None
    # A replica that lags shows in the last finish time seen, and a row from the future must not move the mark past now.
    watermark = min(last or (cursor.watermark if cursor else window.start), window.end)
    slices = Slots()
    dropped = cursor is not None and not has_cursor(connection, rule.id)
    if not found.overflow and not dropped:
        slices = settled_slices(window.start, watermark - behind, found.scanned.settled)
    save_cursor(connection, rule.id, rule.hash, Cursor(watermark, slices), now)


def settled_slices(start: datetime, until: datetime, settled: Slots) -> Slots:
    """Every whole slice between the two moments, also the empty ones."""
    slices, edge = Slots(), ceil_to(start, SLICE)
    while edge + SLICE <= until:
        slices.tallies[_seconds(edge)] = settled.tallies.get(_seconds(edge), Tally())
        edge += SLICE
    return slices


def _lies_in(start: int, window: Window) -> bool:
    return _seconds(window.start) <= start < _seconds(window.end)


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
