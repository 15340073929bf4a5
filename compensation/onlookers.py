"""Repairs as onlookers see them: pages, metrics and reports read them where the ledger is, and ask nobody else."""

import json
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Select, Table, func, or_, select

from compensation.runs import foremost, foremost_run, require_run
from compensation.states import RunState
from compensation.summary import summary_of
from consistency.ledger.own_tables import REPAIRS
from consistency.ledger.repair_copies import repair_copies
from consistency.ledger.repair_tables import repair_runs
from consistency.ledger.schema import are_current
from consistency.model import Window
from consistency.resources import Resources

#: As `reconcilery repair status --json` has it.
Summary = dict[str, Any]

MOST_REPAIRS = 50
#: What was only planned has changed nothing.
_PLANS = frozenset({RunState.PLANNING, RunState.PLANNED})


class Onlooker(Protocol):
    """What can be asked of repairs."""

    def foremost(self) -> Summary | None:
        """The newest of those that go on, or else the newest of all."""

    def numbers(self) -> dict[str, int]:
        """How many there are in each state."""

    def worked_in(self, rule_id: str, window: Window) -> list[Summary]:
        """Repairs of the rule that worked in the window, plans left out, newest first, at most 50."""


def onlooker(resources: Resources, connection: Connection) -> Onlooker | None:
    """Over a connection to the ledger; None where that is the application's database and has no tables of repairs."""
    if resources.store is not resources.primary:
        return _OfCopies(connection)
    return _OfRuns(connection) if are_current(connection, REPAIRS) else None


@dataclass(frozen=True)
class _OfRuns:
    """Reads the runs themselves."""

    connection: Connection

    def foremost(self) -> Summary | None:
        run = foremost_run(self.connection)
        return summary_of(self.connection, run) if run else None

    def numbers(self) -> dict[str, int]:
        return _numbers(self.connection, repair_runs)

    def worked_in(self, rule_id: str, window: Window) -> list[Summary]:
        ids = self.connection.scalars(_worked_in(repair_runs, repair_runs.c.id, rule_id, window)).all()
        return [summary_of(self.connection, require_run(self.connection, run_id)) for run_id in ids]


@dataclass(frozen=True)
class _OfCopies:
    """Reads what was copied."""

    connection: Connection

    def foremost(self) -> Summary | None:
        found = self.connection.scalar(foremost(repair_copies, repair_copies.c.summary))
        return json.loads(found) if found else None

    def numbers(self) -> dict[str, int]:
        return _numbers(self.connection, repair_copies)

    def worked_in(self, rule_id: str, window: Window) -> list[Summary]:
        chosen = _worked_in(repair_copies, repair_copies.c.summary, rule_id, window)
        return [json.loads(summary) for summary in self.connection.scalars(chosen)]


def _numbers(connection: Connection, table: Table) -> dict[str, int]:
    rows = connection.execute(select(table.c.state, func.count()).group_by(table.c.state))
    return {state: number for state, number in rows}  # noqa: C416 - a row is no pair to mypy


def _worked_in(table: Table, shown: ColumnElement[Any], rule_id: str, window: Window) -> Select[Any]:
    runs = table.c
    worked = runs.started_at.is_not(None) & (runs.started_at < window.end)
    still = or_(runs.finished_at.is_(None), runs.finished_at >= window.start)
    chosen = select(shown).where(runs.rule_id == rule_id, worked, still, runs.state.not_in(sorted(_PLANS)))
    return chosen.order_by(runs.started_at.desc()).limit(MOST_REPAIRS)
