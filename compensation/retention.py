"""Forgets repairs that have become old: with a run goes its journal, and with that the way to take it back."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Select, delete, select

from compensation.states import LIVE
from consistency.database import database_now, transaction
from consistency.ledger.repair_tables import repair_items, repair_journal, repair_runs
from consistency.resources import Resources

_TOGETHER = 1000


def forget_old_repairs(resources: Resources) -> dict[str, int]:
    """Delete runs that ended longer than `ledger_days` ago, and their records in the log folder after `log_days`."""
    settings = resources.settings
    with transaction(resources.reader) as connection:
        now = database_now(connection)
        old = _old_runs(connection, now - timedelta(days=settings.ledger_days))
    for run_id in old:
        _forget(resources, run_id)
    before = now - timedelta(days=settings.log_days)
    return {"repairs_deleted": len(old), "records_deleted": _forget_records(settings.log_dir / "repairs", before)}


def _old_runs(connection: Connection, before: datetime) -> Sequence[str]:
    ended = repair_runs.c.state.not_in(sorted(LIVE)) & (repair_runs.c.created_at < before)
    chosen = select(repair_runs.c.id, repair_runs.c.created_at, repair_runs.c.finished_at).where(ended)
    return [row.id for row in connection.execute(chosen) if (row.finished_at or row.created_at) < before]


def _forget(resources: Resources, run_id: str) -> None:
    """A thousand rows a transaction, so that nobody waits long; the run itself goes last."""
    for table in (repair_journal, repair_items):
        while ids := _some(resources, select(table.c.id).where(table.c.run_id == run_id)):
            with transaction(resources.primary) as connection:
                connection.execute(delete(table).where(table.c.id.in_(ids)))
    with transaction(resources.primary) as connection:
        connection.execute(delete(repair_runs).where(repair_runs.c.id == run_id))


def _some(resources: Resources, chosen: Select[Any]) -> list[int]:
    with transaction(resources.reader) as connection:
        return list(connection.scalars(chosen.limit(_TOGETHER)))


def _forget_records(folder: Path, before: datetime) -> int:
    old = [path for path in folder.glob("*.jsonl") if path.stat().st_mtime < before.timestamp()]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
