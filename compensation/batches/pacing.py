"""How large the next batch is: as much as is done in its share of the lease, growing slowly, halved after a loss."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import floor

FORGETTING = 0.75
GROWTH = 1.2
LONGEST_BATCH = timedelta(seconds=20)
ENOUGH_BATCHES = 3


@dataclass(frozen=True, slots=True)
class Pace:
    """What an ended batch achieved: finished items, in so many seconds, of so many that it had."""

    finished: int
    seconds: float
    size: int


def next_size(past: Sequence[Pace], most: int, lease: timedelta) -> int:
    """The size of the next batch from the latest ended ones, oldest first; `most` until enough is known."""
    useful = [pace for pace in past if pace.finished and pace.seconds > 0]
    if len(useful) < ENOUGH_BATCHES:
        return most
    weights = [FORGETTING ** (len(useful) - 1 - place) for place in range(len(useful))]
    finished = sum(weight * pace.finished for weight, pace in zip(weights, useful, strict=True))
    seconds = sum(weight * pace.seconds for weight, pace in zip(weights, useful, strict=True))
    time = min(LONGEST_BATCH, lease / 3).total_seconds()
    wanted = floor(min(most, finished / seconds * time))
    return max(1, min(wanted, floor(max(pace.size for pace in useful) * GROWTH) + 1))


def size_after_losses(size: int, losses: int) -> int:
    """How many suspects go together after so many batches with them were lost: half as many each time."""
    return max(1, size >> losses)
