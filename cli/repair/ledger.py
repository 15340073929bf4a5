"""The repair runs that stand in the ledger, as the commands read them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from compensation.progress import Progress, progress_of
from compensation.runs import RepairRefused, Run, latest_runs, require_run
from compensation.summary import summary_of
from consistency.database import database_now, transaction
from consistency.resources import Resources, open_resources, require_repair_tables
from consistency.settings import load_settings


@contextmanager
def opened() -> Iterator[Resources]:
    """The resources of a command that needs the tables of repairs; closed at the end of the block."""
    resources = open_resources(load_settings())
    try:
        require_repair_tables(resources.primary)
        yield resources
    finally:
        resources.dispose()


def read_run(resources: Resources, run_id: str) -> Run:
    """The run; BadRequest if there is none of that id."""
    with transaction(resources.reader) as connection:
        return require_run(connection, run_id)


def newest_run(resources: Resources) -> Run:
    """The run that was opened last; RepairRefused if there is none."""
    with transaction(resources.reader) as connection:
        runs = latest_runs(connection, 1)
    if not runs:
        raise RepairRefused("there is no repair run yet; `reconcilery repair plan` makes one")
    return runs[0]


def read_summary(resources: Resources, run: Run) -> dict[str, Any]:
    """The run as it stands now, as one JSON object."""
    with transaction(resources.reader) as connection:
        return summary_of(connection, require_run(connection, run.id))


def look_at(resources: Resources, run_id: str) -> tuple[Run, Progress, bool]:
    """The run, how far it is, and whether nobody has given a sign of life for it within a lease."""
    with transaction(resources.reader) as connection:
        run, now = require_run(connection, run_id), database_now(connection)
        progress = progress_of(connection, run, now)
    silent = run.heartbeat_at is None or now - run.heartbeat_at > resources.settings.lease
    return run, progress, silent
