"""What people ask of the ledger: who works on a run, what is open, when the schedule last had its turn."""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Select, select

from consistency.database import database_now
from consistency.ledger.parts import WAITING
from consistency.ledger.runs import RUNNING, Run, cancel_run, find_run, runs_by_id
from consistency.ledger.tables import check_parts, check_runs
from consistency.model import CheckType

_OPEN = select(check_runs.c.id).where(check_runs.c.state == RUNNING)
#: How the slot of a run begins that a message asked for, before the task's id.
_MESSAGE = "task "


@dataclass(frozen=True)
class RunFilter:
    """Which runs are asked for; what is None fits all. `since` and `until` are about when they were asked for."""

    rule_id: str | None = None
    kind: CheckType | None = None
    state: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Each that was asked for."""
        columns = check_runs.c
        equal = {columns.rule_id: self.rule_id, columns.type: self.kind, columns.state: self.state}
        wanted = [column == value for column, value in equal.items() if value is not None]
        if self.since is not None:
            wanted.append(columns.created_at >= self.since)
        if self.until is not None:
            wanted.append(columns.created_at < self.until)
        return wanted


def find_runs(
    connection: Connection, chosen: RunFilter, limit: int, after: tuple[datetime, str] | None = None
) -> list[Run]:
    """The newest first; `after` is the `created_at` and `id` of the run behind which the page begins."""
    columns = check_runs.c
    ids = select(columns.id).where(*chosen.conditions())
    if after is not None:
        moment, run_id = after
        older = (columns.created_at < moment) | ((columns.created_at == moment) & (columns.id < run_id))
        ids = ids.where(older)
    # The ids first, so that no database carries whole reports through its sorting.
    page = connection.scalars(ids.order_by(columns.created_at.desc(), columns.id.desc()).limit(limit)).all()
    found = {run.id: run for run in runs_by_id(connection, page)}
    return [found[run_id] for run_id in page if run_id in found]


def is_taken(connection: Connection, run_id: str) -> bool:
    """Whether somebody has begun to work on the run."""
    begun = select(check_parts.c.no).where(check_parts.c.run_id == run_id, check_parts.c.state != WAITING)
    return connection.execute(begun.limit(1)).first() is not None


def cancel_unless_taken(connection: Connection, run_id: str) -> bool:
    """End a run that nobody works on; False, and nothing is changed, if somebody does."""
    return not is_taken(connection, run_id) and cancel_run(connection, run_id, database_now(connection))


def open_runs(connection: Connection) -> list[Run]:
    """The runs that have not ended yet, oldest first."""
    found = runs_by_id(connection, _OPEN)
    return sorted(found, key=lambda run: run.created_at)


def last_scheduled(connection: Connection, rule_id: str, kind: CheckType) -> Run | None:
    """The last run of this kind that the schedule asked for."""
    return find_run(connection, _last_scheduled(rule_id, kind, check_runs.c.id).scalar_subquery())


def last_turn(connection: Connection, rule_id: str, kind: CheckType) -> datetime | None:
    """When that was asked for; its report stays where it is."""
    found: datetime | None = connection.scalar(_last_scheduled(rule_id, kind, check_runs.c.created_at))
    return found


@lru_cache(maxsize=256)
def _last_scheduled(rule_id: str, kind: CheckType, shown: Column[Any]) -> Select[Any]:
    # Runs that a person asked for have no slot, or that of the message they came with.
    by_hand = check_runs.c.slot_key.startswith(f"{rule_id}|{kind}|{_MESSAGE}", autoescape=True)
    chosen = select(shown).where(check_runs.c.rule_id == rule_id, check_runs.c.type == str(kind))
    chosen = chosen.where(check_runs.c.slot_key.is_not(None), ~by_hand)
    return chosen.order_by(check_runs.c.created_at.desc()).limit(1)


def task_of(connection: Connection, run_id: str) -> str | None:
    """The id of the Celery task that began the run; None where there is no such run."""
    row = connection.execute(select(check_runs.c.options).where(check_runs.c.id == run_id)).first()
    if row is None:
        return None
    # What no task has opened was sent with its own id as that of the task.
    found: str = json.loads(row.options).get("task_id", run_id)
    return found
