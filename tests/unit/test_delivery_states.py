"""The states of a delivery: each is reached, and none that is open is a dead end."""

from itertools import product

import pytest

from notifiers.deliveries.states import FOLLOWS, OPEN, DeliveryState, may_follow

ENDS = {DeliveryState.SENT, DeliveryState.SUPERSEDED}


def reachable(start: DeliveryState) -> set[DeliveryState]:
    """All states that a delivery can come to from this one, itself among them."""
    found, fresh = {start}, {start}
    while fresh:
        fresh = {after for before, after in product(fresh, DeliveryState) if may_follow(before, after)} - found
        found |= fresh
    return found


def test_every_state_is_reached_from_the_first() -> None:
    assert reachable(DeliveryState.QUEUED) == set(DeliveryState)


def test_every_state_says_what_follows_it_and_none_follows_itself() -> None:
    assert set(FOLLOWS) == set(DeliveryState)
    assert not any(may_follow(state, state) for state in DeliveryState)


@pytest.mark.parametrize("state", sorted(ENDS))
def test_what_was_told_or_need_not_be_is_over(state: DeliveryState) -> None:
    assert FOLLOWS[state] == frozenset()


def test_what_is_open_can_be_sent_and_what_is_not_cannot() -> None:
    assert {state for state in DeliveryState if DeliveryState.SENT in reachable(state) - {state}} == {
        *OPEN,
        DeliveryState.DEAD,
    }
