"""Copies of repairs beside the ledger, so that those who only look need not ask the application's database.

Where both are one database nothing is copied. A copy that was lost is made up for by the sweeper.
"""

import json
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import Connection, Table, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from compensation.runs import Run, find_run
from compensation.states import LIVE
from compensation.summary import summary_of
from consistency.database import database_now, transaction
from consistency.errors import DatabaseError
from consistency.ledger.repair_copies import repair_copies
from consistency.ledger.repair_tables import repair_runs
from consistency.patience import patient
from consistency.resources import Resources

#: How often the progress of a run is copied, in seconds.
_EVERY = 3.0

log = structlog.get_logger(__name__)


def copied(resources: Resources, run: Run) -> Run:
    """Copy the run as it stands, and hand it back; whatever is wrong with the ledger does not hold up a repair."""
    _try_to_copy(resources, run.id)
    return run


@dataclass
class Copying:
    """Copies how far a run is that somebody works on."""

    resources: Resources
    run_id: str
    last: float = float("-inf")

    def now_and_then(self) -> None:
        """Unless that was done a moment ago."""
        if time.monotonic() - self.last >= _EVERY:
            _try_to_copy(self.resources, self.run_id)
            self.last = time.monotonic()


def _try_to_copy(resources: Resources, run_id: str) -> None:
    if resources.store is resources.primary:
        return
    try:
        _copy(resources, run_id)
    except DatabaseError as error:
        log.warning("repair.not_copied", run_id=run_id, reason=str(error), next="the sweeper copies it")


def copy_what_has_changed(resources: Resources, *, anew: bool = False) -> None:
    """Copy what goes on or was copied in another state, or all (`anew`); forget copies of what is there no more."""
    if resources.store is resources.primary:
        return
    # In this order: a run that is opened meanwhile has no copy yet that could be taken for one that is left over.
    with transaction(resources.store.execution_options(readonly=True)) as connection:
        copies = _versions(connection, repair_copies)
    with transaction(resources.reader) as connection:
        runs = _versions(connection, repair_runs)
    _forget(resources, copies.keys() - runs.keys())
    for run_id, (state, version) in runs.items():
        if anew or state in LIVE or copies.get(run_id) != (state, version):
            _copy(resources, run_id)


@patient
def _forget(resources: Resources, run_ids: Collection[str]) -> None:
    if run_ids:
        with transaction(resources.store) as connection:
            connection.execute(delete(repair_copies).where(repair_copies.c.id.in_(run_ids)))


def _versions(connection: Connection, table: Table) -> dict[str, tuple[str, int]]:
    rows = connection.execute(select(table.c.id, table.c.state, table.c.state_version))
    return {row.id: (row.state, row.state_version) for row in rows}


def _copy(resources: Resources, run_id: str) -> None:
    with transaction(resources.reader) as connection:
        # The clock first: what was committed before a later copy's moment is then in that copy, whoever is slow.
        now, run = database_now(connection), find_run(connection, run_id)
        if run is None:
            return
        values = {
            "id": run.id,
            "rule_id": run.rule_id,
            "state": run.state,
            "state_version": run.state_version,
            "created_at": run.created_at,
            "started_at": run.started_at,
            "finished_at": run.finished_at,
            "as_of": now,
            "summary": json.dumps(summary_of(connection, run), ensure_ascii=False),
        }
    _keep(resources, values)


@patient
def _keep(resources: Resources, values: dict[str, Any]) -> None:
    """Of two copies of a run the one that was read later stays, whoever writes it first."""
    with transaction(resources.store) as connection:
        same = repair_copies.c.id == values["id"]
        older = same & (repair_copies.c.as_of <= values["as_of"])
        if connection.execute(update(repair_copies).where(older).values(values)).rowcount:
            return
        if connection.scalar(select(repair_copies.c.id).where(same)) is not None:
            return
        try:
            with connection.begin_nested():
                connection.execute(insert(repair_copies).values(values))
        except IntegrityError:
            log.debug("repair.copied_meanwhile", run_id=values["id"])
