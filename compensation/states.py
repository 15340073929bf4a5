"""The states of runs and items, and which may follow which. Plain Python."""

from enum import StrEnum


class RunState(StrEnum):
    """Where a repair run stands."""

    PLANNING = "planning"
    PLANNED = "planned"
    RUNNING = "running"
    PAUSED = "paused"
    VERIFYING = "verifying"
    SUCCEEDED = "succeeded"
    SUCCEEDED_WITH_LEFTOVERS = "succeeded_with_leftovers"
    CANCELLED = "cancelled"
    FAILED = "failed"
    ROLLING_BACK = "rolling_back"
    ROLLED_BACK = "rolled_back"
    ROLLED_BACK_PARTIAL = "rolled_back_partial"


class ItemState(StrEnum):
    """Where one task of a run stands; the states after `deferred` are outcomes."""

    PENDING = "pending"
    LEASED = "leased"
    DEFERRED = "deferred"
    DONE = "done"
    SKIPPED_PRESENT = "skipped_present"
    SKIPPED_PRECONDITION = "skipped_precondition"
    NO_OUTPUT = "no_output"
    UPSTREAM_FAILED = "upstream_failed"
    UPSTREAM_GONE = "upstream_gone"
    LINK_EXPIRED = "link_expired"
    QUARANTINED = "quarantined"
    YIELDED = "yielded"
    ROLLED_BACK = "rolled_back"
    KEPT_CHANGED = "kept_changed"


class Undo(StrEnum):
    """What became of a row that was to be taken back."""

    DELETED = "deleted"
    GONE = "gone"  # somebody has deleted the row before
    KEPT_CHANGED = "kept_changed"  # somebody has changed it since
    UNDONE_BEFORE = "undone_before"


#: States in which something will still happen by itself or by a person's word, so that a second run would collide.
LIVE = frozenset({RunState.PLANNING, RunState.RUNNING, RunState.PAUSED, RunState.VERIFYING, RunState.ROLLING_BACK})
#: States in which workers are wanted.
WORKING = frozenset({RunState.RUNNING, RunState.VERIFYING, RunState.ROLLING_BACK})
#: States of a run that is being taken back or was.
TAKEN_BACK = frozenset({RunState.ROLLING_BACK, RunState.ROLLED_BACK, RunState.ROLLED_BACK_PARTIAL})

OPEN_ITEMS = frozenset({ItemState.PENDING, ItemState.LEASED, ItemState.DEFERRED})
#: Items that are as they should be; everything else that has ended is a leftover.
SETTLED_ITEMS = frozenset({ItemState.DONE, ItemState.SKIPPED_PRESENT, ItemState.YIELDED})
#: Outcomes that another run may turn out better.
REDRIVABLE = frozenset(ItemState) - SETTLED_ITEMS - {ItemState.ROLLED_BACK, ItemState.KEPT_CHANGED}

_S = RunState
_UNDOABLE = (_S.PAUSED, _S.SUCCEEDED, _S.SUCCEEDED_WITH_LEFTOVERS, _S.CANCELLED, _S.FAILED, _S.ROLLED_BACK_PARTIAL)

#: What may follow what.
FOLLOWS: dict[RunState, frozenset[RunState]] = {
    _S.PLANNING: frozenset({_S.PLANNED, _S.FAILED, _S.CANCELLED}),
    _S.PLANNED: frozenset({_S.RUNNING, _S.CANCELLED}),
    _S.RUNNING: frozenset({_S.PAUSED, _S.CANCELLED, _S.VERIFYING, _S.FAILED}),
    _S.PAUSED: frozenset({_S.RUNNING, _S.CANCELLED}),
    _S.VERIFYING: frozenset({_S.SUCCEEDED, _S.SUCCEEDED_WITH_LEFTOVERS, _S.FAILED}),
    _S.SUCCEEDED: frozenset(),
    _S.SUCCEEDED_WITH_LEFTOVERS: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.FAILED: frozenset(),
    _S.ROLLING_BACK: frozenset({_S.ROLLED_BACK, _S.ROLLED_BACK_PARTIAL}),
    _S.ROLLED_BACK: frozenset(),
    _S.ROLLED_BACK_PARTIAL: frozenset(),
}


def may_follow(before: RunState, after: RunState) -> bool:
    """Whether a run may go from one state to the other."""
    if after is RunState.ROLLING_BACK:
        return before in _UNDOABLE
    return after in FOLLOWS[before]
