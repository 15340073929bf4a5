"""The states of runs and items: each is reached, and each leads to an end."""

from itertools import product

import pytest

from compensation.states import (
    FOLLOWS,
    LIVE,
    OPEN_ITEMS,
    REDRIVABLE,
    SETTLED_ITEMS,
    WORKING,
    ItemState,
    RunState,
    may_follow,
)

ENDS = {
    RunState.SUCCEEDED,
    RunState.SUCCEEDED_WITH_LEFTOVERS,
    RunState.CANCELLED,
    RunState.FAILED,
    RunState.ROLLED_BACK,
    RunState.ROLLED_BACK_PARTIAL,
}


def reachable(start: RunState) -> set[RunState]:
    """All states that a run can come to from this one, itself among them."""
    found, fresh = {start}, {start}
    while fresh:
        fresh = {after for before, after in product(fresh, RunState) if may_follow(before, after)} - found
        found |= fresh
    return found


def test_every_state_is_reached_from_the_first() -> None:
    assert reachable(RunState.PLANNING) == set(RunState)


@pytest.mark.parametrize("state", sorted(set(RunState) - ENDS))
def test_no_state_is_a_dead_end(state: RunState) -> None:
    assert reachable(state) & ENDS


def test_every_state_says_what_follows_it_and_none_follows_itself() -> None:
    assert set(FOLLOWS) == set(RunState)
    assert not any(may_follow(state, state) for state in RunState)


#: What follows what, beside the rest of the table; True where it may.
CASES: list[tuple[RunState, RunState, bool]] = [
    (RunState.PLANNING, RunState.RUNNING, False),
    (RunState.PLANNED, RunState.RUNNING, True),
    (RunState.RUNNING, RunState.SUCCEEDED, False),  # Nothing succeeds unverified.
    (RunState.RUNNING, RunState.ROLLING_BACK, False),  # First nobody may write any more.
    (RunState.VERIFYING, RunState.ROLLING_BACK, False),
    (RunState.PLANNED, RunState.ROLLING_BACK, False),
    (RunState.PAUSED, RunState.ROLLING_BACK, True),
    (RunState.CANCELLED, RunState.ROLLING_BACK, True),
    (RunState.FAILED, RunState.ROLLING_BACK, True),
    (RunState.SUCCEEDED, RunState.RUNNING, False),
    (RunState.ROLLED_BACK, RunState.RUNNING, False),
    (RunState.ROLLED_BACK, RunState.ROLLING_BACK, False),
    (RunState.ROLLED_BACK_PARTIAL, RunState.ROLLING_BACK, True),  # What was kept may have become deletable.
]


@pytest.mark.parametrize(("before", "after", "allowed"), CASES)
def test_what_may_follow_what(before: RunState, after: RunState, allowed: bool) -> None:  # noqa: FBT001 - a table
    assert may_follow(before, after) is allowed


def test_workers_are_wanted_in_live_states_alone() -> None:
    assert WORKING < LIVE
    assert not LIVE & ENDS


def test_every_item_is_open_settled_undone_or_can_be_tried_again() -> None:
    undone = {ItemState.ROLLED_BACK, ItemState.KEPT_CHANGED}
    assert OPEN_ITEMS | SETTLED_ITEMS | REDRIVABLE | undone == set(ItemState)
    assert not SETTLED_ITEMS & (OPEN_ITEMS | REDRIVABLE | undone)
    assert not REDRIVABLE & undone
