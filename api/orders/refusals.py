"""Why a repair does not begin; without Celery, so that a command that asks no worker can say it too."""

from compensation.runs import RepairRefused
from compensation.states import RunState

#: Asked to begin, a run in one of these has begun already.
UNDER_WAY = frozenset({RunState.RUNNING, RunState.VERIFYING})


class NeedsApproval(RepairRefused):
    """A plan that only a person may let through."""
