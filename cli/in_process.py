"""A check done by the calling process itself: no broker, no worker, no Redis."""

import time
from collections.abc import Callable

from api.orders.check_orders import CheckOrder, open_check
from cli.terminal import note
from consistency.database import database_now, transaction
from consistency.errors import CheckFailed
from consistency.ledger import parts
from consistency.ledger.runs import RUNNING, Run, cancel_run
from consistency.ledger.schema import is_current
from consistency.resources import Resources, with_private_ledger
from monitor_tasks import checks, recording

PAUSE_SECONDS = 0.2

Show = Callable[[int, int], None]


def with_some_ledger(resources: Resources) -> tuple[Resources, bool]:
    """The resources, and whether what is done with them is remembered; without own tables, a ledger in memory."""
    if is_current(resources.store):
        return resources, True
    note("Note: the own tables are not there or not up to date (`reconcilery init`); this check is not remembered.")
    return with_private_ledger(resources), False


def check_here(resources: Resources, order: CheckOrder, show: Show, *, remembered: bool) -> Run:
    """The closed run. Parts that a worker has taken are waited for; Ctrl-C cancels what was opened here."""
    run, new = open_check(resources, order)
    try:
        run = _work(resources, run, show)
    except KeyboardInterrupt:
        if new:
            with transaction(resources.store) as connection:
                cancel_run(connection, run.id, database_now(connection))
        raise
    if not run.is_closed:
        raise CheckFailed(f"check {run.id} was cancelled")
    if remembered:
        _record(resources, run)
    return run


def _work(resources: Resources, run: Run, show: Show) -> Run:
    def on_part() -> None:
        with transaction(resources.store) as connection:
            show(*parts.progress(connection, run.id))

    while (found := checks.work(resources, run.id, on_part=on_part)).state == RUNNING:
        # Somebody else holds the rest, or a part that failed is tried again a little later.
        time.sleep(PAUSE_SECONDS)
    return found


def _record(resources: Resources, run: Run) -> None:
    try:
        recording.record(resources, None, run.id)
    except OSError as error:
        note(f"Note: the result is in the ledger, but not in {resources.settings.log_dir}: {error.strerror}")
