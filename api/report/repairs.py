"""The repairs of a window: what each was about, what it wrote, and how its scope was measured before and after."""

from typing import Any

from sqlalchemy import Connection, or_, select

from compensation.runs import require_run
from compensation.states import RunState
from compensation.summary import summary_of
from consistency.ledger.repair_tables import repair_runs
from consistency.model import Window

MOST_REPAIRS = 50
#: What was only planned has changed nothing.
_PLANS = frozenset({RunState.PLANNING, RunState.PLANNED})


def repairs_of(connection: Connection, rule_id: str, window: Window) -> list[dict[str, Any]]:
    """Repairs of the rule that worked in the window, plans left out, newest first; as `repair status` has them."""
    runs = repair_runs.c
    worked = runs.started_at.is_not(None) & (runs.started_at < window.end)
    still = or_(runs.finished_at.is_(None), runs.finished_at >= window.start)
    chosen = select(runs.id).where(runs.rule_id == rule_id, worked, still, runs.state.not_in(sorted(_PLANS)))
    ids = connection.scalars(chosen.order_by(runs.started_at.desc()).limit(MOST_REPAIRS)).all()
    return [summary_of(connection, require_run(connection, run_id)) for run_id in ids]
