"""A check done by the workers: opened in the ledger, sent as a message, then watched in the ledger until it is closed.

Messages are hints: once a worker has taken the run, nothing here depends on Redis any more.
"""

import time
from collections.abc import Callable, Sequence
from uuid import uuid4

from api.orders.broker import publish, require_redis, somebody_answers
from cli.orders import CheckOrder, open_check
from cli.terminal import note
from consistency.database import transaction
from consistency.errors import BrokerUnavailable, CheckFailed
from consistency.ledger import parts
from consistency.ledger.overview import cancel_unless_taken, is_taken
from consistency.ledger.runs import CANCELLED, RUNNING, Run, find_run
from consistency.resources import Resources
from monitor_tasks import checks

PATIENCE_SECONDS = 2.0
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.02, 0.5

Show = Callable[[int, int], None]


def send(resources: Resources, order: CheckOrder) -> tuple[Run, bool]:
    """Open the run and tell the workers; a run that cannot be sent is cancelled. False: it was under way already."""
    require_redis(resources.settings)
    run, new = open_check(resources, order)
    try:
        if new or checks.is_claimable(resources, run.id):
            publish(run, run.id if new else str(uuid4()))
    except BrokerUnavailable:
        if new:
            withdraw(resources, run)
        raise
    return run, new


def withdraw(resources: Resources, run: Run) -> bool:
    """Cancel the run unless somebody has begun to work on it; says whether it was cancelled."""
    with transaction(resources.store) as connection:
        return cancel_unless_taken(connection, run.id)


def watch(resources: Resources, run: Run, *, new: bool, until: float, show: Show) -> Run:
    """The closed run. BrokerUnavailable when no worker answers; CheckFailed when it is not closed by `until`.

    `until` is a time of the monotonic clock; `show` hears how many parts of how many are done.
    """
    watching, asked = _Watching(resources, run.id, show), False
    began = time.monotonic()
    while (found := watching.look()).state == RUNNING:
        if time.monotonic() > until:
            raise CheckFailed(f"check {run.id} has not ended yet; it goes on, `reconcilery status` shows its result")
        if not asked and not watching.taken and time.monotonic() - began > PATIENCE_SECONDS:
            asked = True
            _require_somebody(resources, run, new=new)
        watching.pause()
    if found.state == CANCELLED:
        raise CheckFailed(f"check {run.id} was cancelled")
    return found


def watch_all(resources: Resources, sent: Sequence[tuple[Run, bool]], seconds: float, show: Show) -> list[Run]:
    """Watch one after the other; they run at the same time. Ctrl-C leaves them to the workers."""
    until = time.monotonic() + seconds
    try:
        return [watch(resources, run, new=new, until=until, show=show) for run, new in sent]
    except BrokerUnavailable:
        for run, new in sent:
            if new:
                withdraw(resources, run)
        raise
    except KeyboardInterrupt:
        note("The check goes on; `reconcilery status` shows its result.")
        raise


def _require_somebody(resources: Resources, run: Run, *, new: bool) -> None:
    if somebody_answers():
        return
    if new and not withdraw(resources, run):
        return
    what = "the check was cancelled" if new else f"check {run.id} was asked for before and waits"
    raise BrokerUnavailable(f"no worker answered and {what}; start one with: celery -A monitor_tasks worker")


class _Watching:
    """Looks at one run, less and less often."""

    def __init__(self, resources: Resources, run_id: str, show: Show) -> None:
        # Reading takes no write lock, also on SQLite.
        self.store = resources.store.execution_options(readonly=True)
        self.run_id, self.show = run_id, show
        self.taken, self.seconds = False, _SHORTEST_PAUSE

    def look(self) -> Run:
        with transaction(self.store) as connection:
            run = find_run(connection, self.run_id)
            self.taken = self.taken or is_taken(connection, self.run_id)
            done, total = parts.progress(connection, self.run_id)
        if run is None:
            raise CheckFailed(f"check {self.run_id} is not in the ledger any more")
        self.show(done, total)
        return run

    def pause(self) -> None:
        time.sleep(self.seconds)
        self.seconds = min(_LONGEST_PAUSE, self.seconds * 1.5)
