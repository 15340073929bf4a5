"""What repairs add to the counters for metrics: what became of the tasks."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from redis import Redis
from sqlalchemy import Connection, func, select, tuple_

from compensation.batches.claims import Item
from compensation.progress import counts_of
from compensation.states import OPEN_ITEMS, ItemState
from consistency.database import transaction
from consistency.ledger.counts import Name
from consistency.ledger.repair_tables import repair_items
from consistency.resources import Resources
from consistency.shared import Shared
from consistency.shared_counts import SharedCounts

#: What became of a task, as counters name it; the others are called as their state.
RESULTS = {
    ItemState.DONE: "created",
    ItemState.SKIPPED_PRESENT: "already_present",
    ItemState.YIELDED: "already_present",
    ItemState.LINK_EXPIRED: "expired",
    ItemState.UPSTREAM_GONE: "expired",
    ItemState.UPSTREAM_FAILED: "failed",
    ItemState.QUARANTINED: "failed",
}
_UNDONE = (ItemState.ROLLED_BACK, ItemState.KEPT_CHANGED)
_CHUNK = 500


def counts_of_items(states: Mapping[ItemState, int]) -> dict[Name, float]:
    """Tasks that have come to these ends."""
    sums: Counter[Name] = Counter()
    for state, number in states.items():
        sums["items", RESULTS.get(state, str(state))] += number
    return {name: float(number) for name, number in sums.items() if number > 0}


def ended_in(connection: Connection, items: Sequence[Item]) -> dict[ItemState, int]:
    """How many of the claimed items have ended with this claim, by state."""
    ended: Counter[ItemState] = Counter()
    for start in range(0, len(items), _CHUNK):
        claims = [(item.id, item.epoch) for item in items[start : start + _CHUNK]]
        mine = tuple_(repair_items.c.id, repair_items.c.epoch).in_(claims)
        over = mine & repair_items.c.state.not_in(sorted(OPEN_ITEMS))
        counted = select(repair_items.c.state, func.count()).where(over).group_by(repair_items.c.state)
        ended.update({ItemState(state): number for state, number in connection.execute(counted)})
    return dict(ended)


@contextmanager
def counted_undoing(resources: Resources, client: Redis, run_id: str) -> Iterator[None]:
    """Count what is taken back within the block."""
    before = _undone(resources, run_id)
    yield
    after = _undone(resources, run_id)
    shared = Shared(client)
    SharedCounts(shared, resources.settings.key_prefix).add(
        counts_of_items({state: after[state] - before[state] for state in _UNDONE})
    )
    shared.close()


def _undone(resources: Resources, run_id: str) -> dict[ItemState, int]:
    with transaction(resources.reader) as connection:
        counts = counts_of(connection, run_id)
    return {state: counts.get(state, 0) for state in _UNDONE}
