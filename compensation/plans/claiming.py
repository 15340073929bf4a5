"""One hand makes a plan: whoever takes over from a planner that has fallen silent makes that one stop."""

import time
from datetime import timedelta

from sqlalchemy import Connection, Engine, delete

from compensation.runs import Run, keep_hold, require_run, take_in_hand
from compensation.states import RunState
from consistency.database import database_now, transaction
from consistency.errors import ClaimLost
from consistency.ledger.repair_tables import repair_items
from consistency.patience import patient


class PlanClaim:
    """The right to fill a run that is being planned; it lasts while its owner shows itself within the lease."""

    def __init__(self, engine: Engine, run: Run, lease: timedelta) -> None:
        self.run, self._engine, self._lease = run, engine, lease
        self._kept = time.monotonic()

    def hold(self, connection: Connection) -> None:
        """Keep others out until the transaction ends; ClaimLost when somebody has taken over."""
        self._kept = time.monotonic()
        if not keep_hold(connection, self.run):
            raise ClaimLost(f"the plan of run {self.run.id} is somebody else's now")

    def keep(self) -> None:
        """The same, at most every third of the lease."""
        if time.monotonic() - self._kept > self._lease.total_seconds() / 3:
            with transaction(self._engine) as connection:
                self.hold(connection)


@patient
def claim_plan(engine: Engine, run_id: str, lease: timedelta) -> tuple[Run, PlanClaim | None]:
    """The run, and the right to fill it, empty; None when it is planned already or somebody is at it."""
    with transaction(engine) as connection:
        run, now = require_run(connection, run_id), database_now(connection)
        silent = run.heartbeat_at is None or now - run.heartbeat_at > lease
        is_free = run.state is RunState.PLANNING and (silent or run.state_version == 0)
        if not is_free or not take_in_hand(connection, run):
            return run, None
        connection.execute(delete(repair_items).where(repair_items.c.run_id == run_id))
        taken = require_run(connection, run_id)
        return taken, PlanClaim(engine, taken, lease)
