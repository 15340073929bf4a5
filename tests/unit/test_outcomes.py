"""What becomes of an item by the provider's answer."""

from datetime import timedelta

import pytest

from compensation.batches.outcomes import MOST_ATTEMPTS, Outcome, ended
from compensation.provider import Answer, Kind
from compensation.states import ItemState

LAST = MOST_ATTEMPTS - 1

ENDS = {
    Kind.NO_OUTPUT: ItemState.NO_OUTPUT,
    Kind.UPSTREAM_FAILED: ItemState.UPSTREAM_FAILED,
    Kind.GONE: ItemState.UPSTREAM_GONE,
    Kind.LINK_EXPIRED: ItemState.LINK_EXPIRED,
    Kind.BAD_ITEM: ItemState.QUARANTINED,
}


@pytest.mark.parametrize(("kind", "state"), ENDS.items())
@pytest.mark.parametrize("attempts", [0, LAST, 99])
def test_what_is_final_ends_the_item_at_once(kind: Kind, state: ItemState, attempts: int) -> None:
    assert ended(Answer(kind, code="77", detail="so it is"), attempts) == Outcome(state, "77", "so it is")
    assert ended(Answer(kind), attempts) == Outcome(state, str(kind), "")


#: Attempts before, what the answer asks for, and between how many seconds the item waits.
WAITS: list[tuple[Kind, int, float | None, tuple[float, float]]] = [
    (Kind.TRANSIENT, 0, None, (1.6, 2.4)),
    (Kind.TRANSIENT, 3, None, (12.8, 19.2)),
    (Kind.LATER, 0, None, (24, 36)),
    (Kind.LATER, 3, None, (192, 288)),
    (Kind.LIMITED, 0, None, (1.6, 2.4)),
    (Kind.LIMITED, 99, None, (240, 360)),  # Who was asked too often has not looked at the task.
    (Kind.TRANSIENT, 0, 7.0, (7, 7)),
    (Kind.LATER, 0, 0.0, (0, 0)),
    (Kind.TRANSIENT, 0, 86_400.0, (300, 300)),  # Whatever was asked for, the item is looked at again.
]


@pytest.mark.parametrize(("kind", "attempts", "asked", "seconds"), WAITS)
def test_what_may_pass_waits_longer_each_time(
    kind: Kind, attempts: int, asked: float | None, seconds: tuple[float, float]
) -> None:
    wait = ended(Answer(kind, retry_after=None if asked is None else timedelta(seconds=asked)), attempts)
    assert isinstance(wait, timedelta)
    assert seconds[0] <= wait.total_seconds() <= seconds[1]


@pytest.mark.parametrize("kind", [Kind.TRANSIENT, Kind.LATER])
def test_the_last_try_ends_in_quarantine_with_the_last_code(kind: Kind) -> None:
    outcome = ended(Answer(kind, code="500", detail="ill", retry_after=timedelta(seconds=1)), LAST)
    assert outcome == Outcome(ItemState.QUARANTINED, "500", "ill (asked 5 times)")
