"""How large batches are."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from compensation.batches.pacing import Pace, next_size, size_after_losses

LEASE = timedelta(seconds=60)

#: Ended batches, oldest first, and the next size where 100 is the most.
CASES: list[tuple[list[Pace], int]] = [
    ([], 100),
    ([Pace(10, 100.0, 10)] * 2, 100),  # Two say too little.
    ([Pace(0, 9.0, 10)] * 9, 100),  # What has finished nothing says nothing.
    ([Pace(10, 10.0, 10)] * 3, 13),  # One a second fits 20 times into a third of the lease; but it grows by a fifth.
    ([Pace(100, 10.0, 100)] * 3, 100),  # Never more than the most.
    ([Pace(10, 100.0, 10)] * 3, 2),  # One in ten seconds: two in a third of the lease.
    ([Pace(1, 300.0, 10)] * 3, 1),  # Never less than one.
    ([Pace(1, 1e-312, 1)] * 3, 2),  # Faster than can be counted.
    ([Pace(50, 5.0, 50)] * 3 + [Pace(10, 100.0, 50)], 17),  # The latest weighs most.
]


@pytest.mark.parametrize(("past", "size"), CASES)
def test_a_batch_is_what_fits_into_its_share_of_the_lease(past: list[Pace], size: int) -> None:
    assert next_size(past, 100, LEASE) == size


_paces = some.builds(Pace, some.integers(0, 500), some.floats(0, 1000), some.integers(1, 500))


@given(some.lists(_paces, max_size=10), some.integers(1, 10_000), some.integers(1, 3600))
def test_a_batch_has_at_least_one_item_and_never_more_than_the_most(past: list[Pace], most: int, lease: int) -> None:
    assert 1 <= next_size(past, most, timedelta(seconds=lease)) <= most


@pytest.mark.parametrize(
    ("size", "losses", "left"), [(100, 0, 100), (100, 1, 50), (100, 3, 12), (100, 7, 1), (1, 5, 1), (100, 60, 1)]
)
def test_suspects_go_in_smaller_and_smaller_company(size: int, losses: int, left: int) -> None:
    assert size_after_losses(size, losses) == left
