"""The checks whose latest report a repair, or its undoing, has made out of date, so that they should run again."""

from compensation.plans.scopes import Scope
from compensation.runs import Run
from compensation.states import RunState
from consistency.database import transaction
from consistency.ledger.quick_state import drop_cursor
from consistency.ledger.runs import Run as Check
from consistency.ledger.runs import latest_run
from consistency.model import CheckType, Window
from consistency.resources import Resources

REPAIRED = frozenset({RunState.SUCCEEDED, RunState.SUCCEEDED_WITH_LEFTOVERS})
UNDONE = frozenset({RunState.ROLLED_BACK, RunState.ROLLED_BACK_PARTIAL})

_KINDS = (CheckType.QUICK, CheckType.FULL)


def outdated_checks(resources: Resources, run: Run) -> list[CheckType]:
    """The scheduled kinds of check that saw the run's time as it no longer is.

    A deep check reads a fortnight, so it is among them only after a repair that a person has applied.
    """
    if run.state not in REPAIRED | UNDONE:
        return []
    kinds = _KINDS if run.parameters.unattended else (*_KINDS, CheckType.DEEP)
    with transaction(resources.store) as connection:
        latest = {kind: latest_run(connection, run.rule_id, kind) for kind in kinds}
    window = Scope.from_dict(run.scope).window
    return [kind for kind, check in latest.items() if check and is_outdated(check, run.state, window)]


def forget_slices(resources: Resources, run: Run) -> None:
    """Let the next quick check count anew what an undone repair has emptied; it would take over what was there."""
    if run.state in UNDONE:
        with transaction(resources.store) as connection:
            drop_cursor(connection, run.rule_id)


def is_outdated(check: Check, state: RunState, window: Window | None) -> bool:
    """Whether a repair of the window, or of tasks by their ids, changes what the check has counted."""
    if check.report is None or (state in REPAIRED and not check.report["counts"]["missing"]):
        return False
    return window is None or (window.start < check.window.end and check.window.start < window.end)
