"""The repair that goes on, or the last one, on a card; read from the tables of repairs alone."""

from typing import Any

import structlog
from sqlalchemy import Connection

from compensation.progress import progress_of
from compensation.runs import Run, foremost_run
from compensation.states import OPEN_ITEMS, REDRIVABLE, TAKEN_BACK
from consistency.database import database_now, transaction
from consistency.errors import DatabaseError
from consistency.ledger.own_tables import REPAIRS
from consistency.ledger.schema import are_current
from consistency.resources import Resources

log = structlog.get_logger(__name__)

Record = dict[str, Any]

#: Stands for a repair that nobody could be asked about.
UNREAD: Record = {"unread": True}


def repair_card(resources: Resources) -> Record | None:
    """None where there is none, UNREAD where the application's database does not answer."""
    try:
        with transaction(resources.reader) as connection:
            if not are_current(connection, REPAIRS):
                return None
            run = foremost_run(connection)
            return _record(connection, run) if run else None
    except DatabaseError as error:
        log.warning("page.repairs_unread", reason=str(error))
        return UNREAD


def _record(connection: Connection, run: Run) -> Record:
    progress = progress_of(connection, run, database_now(connection))
    failed = sum(count for state, count in progress.counts.items() if state in REDRIVABLE - OPEN_ITEMS)
    return {
        "unread": False,
        "run_id": run.id,
        "rule": run.rule_id,
        "finished_at": run.finished_at,
        "state": str(run.state),
        "is_live": run.is_live,
        "is_taken_back": run.state in TAKEN_BACK,
        "rows": progress.rows_written,
        "done": progress.total - progress.open,
        "total": progress.total,
        "failed": failed,
        "eta": progress.eta_seconds,
    }
