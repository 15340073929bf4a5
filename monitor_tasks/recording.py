"""A closed run's report goes to the day file and to Redis, each exactly once, whatever dies in between.

The first line of a day also tidies up the days before, so that it is done on every machine that writes such files.
"""

from datetime import date
from typing import Any

from redis import Redis
from sqlalchemy import select

from consistency.database import database_now, transaction
from consistency.errors import CheckFailed
from consistency.journal_compaction import compact
from consistency.journal_files import append_line, contains, day_file
from consistency.latest import LatestReports
from consistency.ledger import runs
from consistency.ledger.tables import check_runs
from consistency.log_files import delete_old_errors
from consistency.logs import RESULTS
from consistency.resources import Resources
from consistency.settings import Settings


def tidy_files(settings: Settings, today: date) -> int:
    """Compress and delete the old files of this machine; returns how many were touched."""
    done = compact(settings.log_dir / RESULTS, today, settings.gzip_after_days, settings.log_days)
    return len(done) + delete_old_errors(settings.log_dir / "errors", today, settings.log_days)


def record(resources: Resources, redis: Redis | None, run_id: str) -> dict[str, Any]:
    """Write the line, keep the latest report, and mark the run; returns the report.

    The run's row stays locked meanwhile, so that two copies of the message cannot both write. A copy that died after
    the line and before the mark left the line behind, and then it is not written again.
    """
    settings = resources.settings
    with transaction(resources.store) as connection:
        connection.execute(select(check_runs.c.id).where(check_runs.c.id == run_id).with_for_update())
        run = runs.find_run(connection, run_id)
        if run is None or run.report is None or run.closed_at is None:
            raise CheckFailed(f"run {run_id} has no report to record")
        if run.recorded_at is None:
            folder = settings.log_dir / RESULTS
            first_of_day = not day_file(folder, run.closed_at.date()).exists()
            if not contains(folder, run.closed_at.date(), run.id):
                append_line(folder, run.closed_at, run.report)
            if first_of_day:
                tidy_files(settings, run.closed_at.date())
            if redis is not None:
                LatestReports(redis, settings.key_prefix).store(run.report)
            runs.mark(connection, run_id, "recorded", database_now(connection))
    return run.report
