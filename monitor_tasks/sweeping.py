"""The guarantee behind the messages: whatever should go on and does not is found here and sent again."""

from datetime import timedelta

from consistency.database import database_now, transaction
from consistency.ledger import runs
from consistency.ledger.buckets import forget_old_hours
from consistency.ledger.parts import has_claimable_part
from consistency.resources import Resources
from monitor_tasks.recording import tidy_files

_BUCKETS_KEEP = timedelta(days=400)


def stalled_runs(resources: Resources, patience: timedelta) -> list[tuple[runs.Run, str]]:
    """Runs that wait for somebody, with what they wait for: `work`, `record` or `notify`.

    A run younger than `patience` is left alone: its own messages are probably still on their way.
    """
    waiting: list[tuple[runs.Run, str]] = []
    with transaction(resources.store) as connection:
        now = database_now(connection)
        for run in runs.unfinished_runs(connection, now - patience):
            if run.state == runs.RUNNING:
                if has_claimable_part(connection, run.id, now):
                    waiting.append((run, "work"))
            elif run.recorded_at is None:
                waiting.append((run, "record"))
            elif run.notified_at is None:
                waiting.append((run, "notify"))
    return waiting


def forget_old(resources: Resources) -> dict[str, int]:
    """Delete what has become old in the ledger and in this machine's files; returns how much of each."""
    settings = resources.settings
    with transaction(resources.store) as connection:
        now = database_now(connection)
        forgotten = runs.forget_old_runs(connection, now, timedelta(days=settings.ledger_days))
        hours = forget_old_hours(connection, now, _BUCKETS_KEEP)
    return {"runs_deleted": forgotten, "hours_deleted": hours, "files_touched": tidy_files(settings, now.date())}
