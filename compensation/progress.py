"""How far a run is: counted from its items, so that no counter can be wrong."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, bindparam, case, func, select

from compensation.fences import WORKING
from compensation.runs import Run
from compensation.states import OPEN_ITEMS, ItemState
from consistency.ledger.repair_tables import repair_batches, repair_items, repair_journal

_RECENT = timedelta(seconds=60)
_LEAST_SHARE = 0.01
#: How many rows of a run stand, and on how many batches somebody works.
_ROWS_AND_BATCHES = select(
    select(func.count())
    .select_from(repair_journal)
    .where(repair_journal.c.run_id == bindparam("run_id"), repair_journal.c.undone == 0)
    .scalar_subquery(),
    select(func.count())
    .select_from(repair_batches)
    .where(repair_batches.c.run_id == bindparam("run_id"), repair_batches.c.state == WORKING)
    .scalar_subquery(),
)


@dataclass(frozen=True)
class Progress:
    """Items by state, rows that stand, and how fast it goes: items a minute, and seconds that are left, if known."""

    counts: dict[ItemState, int]
    rows_written: int
    working: int
    rate: float
    eta_seconds: float | None

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def open(self) -> int:
        return sum(self.counts.get(state, 0) for state in OPEN_ITEMS)


def counts_of(connection: Connection, run_id: str, since: datetime | None = None) -> dict[ItemState, int]:
    """How many items are in each state; with `since`, only of those that have ended from then on."""
    chosen = select(repair_items.c.state, func.count()).where(repair_items.c.run_id == run_id)
    if since is not None:
        chosen = chosen.where(repair_items.c.finished_at >= since)
    return {ItemState(state): count for state, count in connection.execute(chosen.group_by(repair_items.c.state))}


def plain_counts(counts: dict[ItemState, int]) -> dict[str, int]:
    """For JSON, in the order of the states."""
    return {str(state): counts[state] for state in ItemState if counts.get(state)}


def latest_outcomes(connection: Connection, run_id: str, since: datetime | None, limit: int) -> Sequence[ItemState]:
    """What the items that ended last came to, newest first."""
    ended = and_(repair_items.c.run_id == run_id, repair_items.c.finished_at.is_not(None))
    if since is not None:
        ended = and_(ended, repair_items.c.finished_at >= since)
    chosen = select(repair_items.c.state).where(ended).order_by(repair_items.c.finished_at.desc()).limit(limit)
    return [ItemState(state) for state in connection.scalars(chosen)]


def has_open_items(connection: Connection, run_id: str) -> bool:
    """Whether anything of the run is still to be done."""
    return has_items_in(connection, run_id, OPEN_ITEMS)


def has_items_in(connection: Connection, run_id: str, states: Collection[ItemState]) -> bool:
    """Whether any item of the run is in one of the states; as quick for many items as for few."""
    chosen = select(repair_items.c.id).where(repair_items.c.run_id == run_id, repair_items.c.state.in_(sorted(states)))
    return connection.execute(chosen.limit(1)).first() is not None


def progress_of(connection: Connection, run: Run, now: datetime) -> Progress:
    """How far the run is; one that has ended, as it was then."""
    until = run.finished_at or now
    counts, recent = _counts_and_recent(connection, run.id, until - _RECENT)
    minutes = _RECENT / timedelta(minutes=1)
    if run.started_at is not None and until - run.started_at < _RECENT:
        minutes = max((until - run.started_at) / timedelta(minutes=1), 1 / 60)
    rate = recent / minutes
    rows, working = connection.execute(_ROWS_AND_BATCHES, {"run_id": run.id}).one()
    return Progress(counts, rows, working, rate, _eta(counts, rate))


def _counts_and_recent(connection: Connection, run_id: str, since: datetime) -> tuple[dict[ItemState, int], int]:
    """How many items are in each state, and how many have ended from then on."""
    recently = func.count(case((repair_items.c.finished_at >= since, 1)))
    chosen = select(repair_items.c.state, func.count(), recently).where(repair_items.c.run_id == run_id)
    rows = connection.execute(chosen.group_by(repair_items.c.state)).all()
    return {ItemState(state): count for state, count, _ in rows}, sum(recent for *_, recent in rows)


def _eta(counts: dict[ItemState, int], rate: float) -> float | None:
    total = sum(counts.values())
    waiting = counts.get(ItemState.PENDING, 0) + counts.get(ItemState.LEASED, 0)
    ended = total - sum(counts.get(state, 0) for state in OPEN_ITEMS)
    if not waiting:
        return 0.0
    return waiting / rate * 60 if rate and ended >= _LEAST_SHARE * total else None
