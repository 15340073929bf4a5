"""When a run is going wrong: from what its items came to, whether a person should look before it goes on."""

from collections.abc import Mapping, Sequence

from compensation.states import ItemState
from consistency.remarks import Remark

ENOUGH = 20
MOST_FAILED = 0.20
IN_A_ROW = 10
CANARY_ENOUGH = 5
MOST_GONE = 0.30
#: As long as no item has come to one of these, there is nothing to judge.
BAD = frozenset({ItemState.QUARANTINED, ItemState.UPSTREAM_GONE})


def reason_to_pause(counts: Mapping[ItemState, int], latest: Sequence[ItemState], canary: int) -> Remark | None:
    """Why the run should stop; None if it may go on.

    `counts` and `latest` (newest first) tell of the items that have ended since somebody last let the run go on.
    """
    finished, failed = sum(counts.values()), counts.get(ItemState.QUARANTINED, 0)
    gone = counts.get(ItemState.UPSTREAM_GONE, 0)
    if CANARY_ENOUGH <= finished <= canary and gone > MOST_GONE * finished:
        text = f"the provider does not know {gone} of the first {finished} tasks; is it the right key and site?"
        return Remark(text, "unknown_to_provider", {"unknown": gone, "finished": finished})
    if finished >= ENOUGH and failed > MOST_FAILED * finished:
        text = f"{failed} of {finished} tasks could not be repaired"
        return Remark(text, "many_failed", {"failed": failed, "finished": finished})
    if len(latest) >= IN_A_ROW and all(state is ItemState.QUARANTINED for state in latest[:IN_A_ROW]):
        return Remark(f"the last {IN_A_ROW} tasks could not be repaired", "last_failed", {"failed": IN_A_ROW})
    return None
