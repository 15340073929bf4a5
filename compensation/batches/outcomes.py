"""From a provider's answer to what becomes of an item: an end, or another try after a while. Plain Python."""

import random
from dataclasses import dataclass
from datetime import timedelta

from compensation.details import ASKED
from compensation.provider import Answer, Kind
from compensation.states import ItemState

MOST_ATTEMPTS = 5
_FIRST_WAIT = {
    Kind.LATER: timedelta(seconds=30),
    Kind.TRANSIENT: timedelta(seconds=2),
    Kind.LIMITED: timedelta(seconds=2),
}
_LONGEST_WAIT = timedelta(minutes=5)
_DOUBLINGS = 10

_ENDS = {
    Kind.NO_OUTPUT: ItemState.NO_OUTPUT,
    Kind.UPSTREAM_FAILED: ItemState.UPSTREAM_FAILED,
    Kind.GONE: ItemState.UPSTREAM_GONE,
    Kind.LINK_EXPIRED: ItemState.LINK_EXPIRED,
    Kind.BAD_ITEM: ItemState.QUARANTINED,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an item ends."""

    state: ItemState
    code: str
    detail: str


def ended(answer: Answer, attempts: int) -> Outcome | timedelta:
    """How an item ends with this answer, or how long to wait before it is tried again; `attempts` came before."""
    code = answer.code or answer.kind
    if answer.kind in _ENDS:
        return Outcome(_ENDS[answer.kind], code, answer.detail)
    # Who was asked too often has not looked at the task.
    if answer.kind is not Kind.LIMITED and attempts + 1 >= MOST_ATTEMPTS:
        detail = ASKED.text("asked", detail=answer.detail, times=attempts + 1)
        return Outcome(ItemState.QUARANTINED, code, detail.strip())
    if answer.retry_after is not None:
        return min(answer.retry_after, _LONGEST_WAIT)
    wait: timedelta = min(_FIRST_WAIT[answer.kind] * int(2 ** min(attempts, _DOUBLINGS)), _LONGEST_WAIT)
    return wait * random.uniform(0.8, 1.2)
