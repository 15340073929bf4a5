"""Repair runs as they stand in the ledger: opened once a scope, and changed from one state to the next by one hand."""

import json
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cache
from typing import Any
from uuid import uuid4

from sqlalchemy import Column, ColumnElement, Connection, Engine, Row, Select, Table, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from compensation.fences import take_everything_back
from compensation.states import LIVE, RunState, may_follow
from consistency.database import database_now, transaction
from consistency.errors import BadRequest, ReconcileryError
from consistency.ledger.repair_events import write_event
from consistency.ledger.repair_tables import repair_runs


class RepairRefused(ReconcileryError):
    """What was asked of a run cannot be done as it is; says why and what to do."""


@dataclass(frozen=True)
class Parameters:
    """How a run works; kept with it, so that every worker goes by the same."""

    batch_size: int = 100
    workers: int = 4
    canary: int = 20
    max_tasks: int | None = None
    preview: int = 100
    cap: int = 10_000
    share: float = 0.5
    approved: bool = False
    unattended: bool = False

    def as_dict(self) -> dict[str, Any]:
        return dict(self.__dict__)

    @classmethod
    def from_json(cls, text: str) -> "Parameters":
        """What `as_dict` was; what a newer release has added is left out, so that both may work side by side."""
        known = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in json.loads(text).items() if name in known})


@dataclass(frozen=True)
class RunRequest:
    """What somebody wants repaired; `slot` names the message or the scheduled slot that asked."""

    rule_id: str
    rule_hash: str
    target: str
    scope: dict[str, Any]
    scope_key: str
    created_by: str
    parameters: Parameters = field(default_factory=Parameters)
    dry_run: bool = False
    slot: str = ""
    parent_run_id: str | None = None


@dataclass(frozen=True)
class Run:
    """A run as it stands in the ledger."""

    id: str
    rule_id: str
    rule_hash: str
    target: str
    scope: dict[str, Any]
    state: RunState
    state_version: int
    reason: str | None
    throttle: str | None
    dry_run: bool
    parent_run_id: str | None
    parameters: Parameters
    plan_hash: str | None
    plan_notes: list[str]
    needs_approval: str | None
    created_by: str
    approved_by: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    created_at: datetime
    planned_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    heartbeat_at: datetime | None
    judged_from: datetime | None

    @property
    def is_live(self) -> bool:
        return self.state in LIVE


def open_run(engine: Engine, request: RunRequest) -> tuple[Run, bool]:
    """Write the run and return it with True; or return, with False, the live run of the same scope or slot."""
    for _ in range(3):
        try:
            with transaction(engine) as connection:
                return _insert(connection, request), True
        except IntegrityError:
            with transaction(engine) as connection:
                there = _already_there(connection, request)
            if there is not None:
                return there, False
    raise RepairRefused(f"the repair of rule {request.rule_id} could not be opened; try again")


def _insert(connection: Connection, request: RunRequest) -> Run:
    run_id, now = str(uuid4()), database_now(connection)
    values = {
        "id": run_id,
        "rule_id": request.rule_id,
        "rule_hash": request.rule_hash,
        "target": request.target,
        "scope": json.dumps({**request.scope, "key": request.scope_key}),
        # A plan writes nothing, so any number of them may stand beside a run.
        "live_key": None if request.dry_run else request.scope_key,
        "slot_key": request.slot or None,
        "state": RunState.PLANNING,
        "state_version": 0,
        "dry_run": request.dry_run,
        "parent_run_id": request.parent_run_id,
        "parameters": json.dumps(request.parameters.as_dict()),
        "created_by": request.created_by,
        "created_at": now,
        "heartbeat_at": now,
        "next_seq": 0,
    }
    connection.execute(insert(repair_runs).values(values))
    return require_run(connection, run_id)


def _already_there(connection: Connection, request: RunRequest) -> Run | None:
    same = repair_runs.c.live_key == request.scope_key
    if request.slot:
        same = or_(same, repair_runs.c.slot_key == request.slot)
    row = connection.execute(select(repair_runs).where(same).order_by("created_at")).first()
    return _run(row) if row else None


def find_run(connection: Connection, run_id: str) -> Run | None:
    row = connection.execute(select(repair_runs).where(repair_runs.c.id == run_id)).first()
    return _run(row) if row else None


def require_run(connection: Connection, run_id: str) -> Run:
    """The run; BadRequest if there is none of that id."""
    run = find_run(connection, run_id)
    if run is None:
        raise BadRequest(f"run_id: there is no repair run {run_id[:60]!r} in this database; `reconcilery repair list`")
    return run


def latest_runs(connection: Connection, limit: int, rule_id: str | None = None) -> list[Run]:
    """The newest runs first."""
    return find_runs(connection, limit, rule_id)


def find_runs(
    connection: Connection,
    limit: int,
    rule_id: str | None = None,
    state: RunState | None = None,
    after: tuple[datetime, str] | None = None,
) -> list[Run]:
    """The same of one state, or behind the run with this `created_at` and `id`."""
    columns, chosen = repair_runs.c, select(repair_runs)
    if rule_id is not None:
        chosen = chosen.where(columns.rule_id == rule_id)
    if state is not None:
        chosen = chosen.where(columns.state == state)
    if after is not None:
        moment, run_id = after
        beside = (columns.created_at == moment) & (columns.id < run_id)
        chosen = chosen.where((columns.created_at < moment) | beside)
    newest = chosen.order_by(columns.created_at.desc(), columns.id.desc()).limit(limit)
    return [_run(row) for row in connection.execute(newest)]


def foremost_run(connection: Connection) -> Run | None:
    """The newest of those that go on, or else the newest of all."""
    row = connection.execute(foremost(repair_runs, repair_runs)).first()
    return _run(row) if row else None


@cache
def foremost(table: Table, shown: Table | Column[Any]) -> Select[Any]:
    """What chooses that run among the runs or their copies."""
    goes_on = table.c.state.in_(sorted(LIVE))
    return select(shown).order_by(goes_on.desc(), table.c.created_at.desc(), table.c.id.desc()).limit(1)


def runs_in(connection: Connection, states: frozenset[RunState]) -> list[Run]:
    """The runs in these states, oldest first."""
    chosen = select(repair_runs).where(repair_runs.c.state.in_(sorted(states)))
    return [_run(row) for row in connection.execute(chosen.order_by("created_at"))]


def planned_since(connection: Connection, since: datetime) -> list[Run]:
    """The plans that were made from then on and wait, oldest first."""
    chosen = select(repair_runs).where(repair_runs.c.state == RunState.PLANNED, repair_runs.c.created_at >= since)
    return [_run(row) for row in connection.execute(chosen.order_by("created_at"))]


def change_state(
    connection: Connection,
    run: Run,
    to: RunState,
    actor: str,
    *,
    event: str | None = None,
    payload: dict[str, Any] | None = None,
    **columns: Any,
) -> bool:
    """Bring the run from the state it was read in to another, with an event; False if somebody else was faster.

    Whoever works on an item loses it with the change, so nothing is written under the state before once this has
    committed. RepairRefused when the one state cannot follow the other.
    """
    if not may_follow(run.state, to):
        raise RepairRefused(f"run {run.id} is {run.state}; it cannot become {to}")
    now = database_now(connection)
    values = {"state": to, "state_version": run.state_version + 1, "next_seq": repair_runs.c.next_seq + 1}
    values |= {"live_key": run.scope["key"] if to in LIVE else None, "heartbeat_at": now, **columns}
    if to not in LIVE and to is not RunState.PLANNED:
        values["finished_at"] = now
    if connection.execute(update(repair_runs).where(_unchanged(run)).values(values)).rowcount != 1:
        return False
    take_everything_back(connection, run.id)
    seq = connection.scalar(select(repair_runs.c.next_seq).where(repair_runs.c.id == run.id)) or 0
    write_event(connection, run.id, seq, event or to, actor, payload or {}, now)
    return True


def take_in_hand(connection: Connection, run: Run) -> bool:
    """Leave the run in its state, but let whoever has it in hand lose it; False if somebody else was faster."""
    values = {"state_version": run.state_version + 1, "heartbeat_at": database_now(connection)}
    return connection.execute(update(repair_runs).where(_unchanged(run)).values(values)).rowcount == 1


def keep_hold(connection: Connection, run: Run) -> bool:
    """Lock the run, and say that somebody works on it; False if it is not as it was read any more."""
    values = {"heartbeat_at": database_now(connection)}
    return connection.execute(update(repair_runs).where(_unchanged(run)).values(values)).rowcount == 1


def _unchanged(run: Run) -> ColumnElement[bool]:
    same = (repair_runs.c.state == run.state) & (repair_runs.c.state_version == run.state_version)
    return (repair_runs.c.id == run.id) & same


def beat(connection: Connection, run_id: str, throttle: str | None = None) -> None:
    """Say that somebody works on the run, and what slows it down."""
    values = {"heartbeat_at": database_now(connection), "throttle": throttle[:200] if throttle else None}
    connection.execute(update(repair_runs).where(repair_runs.c.id == run_id).values(values))


def _run(row: Row[Any]) -> Run:
    values = dict(row._mapping)  # noqa: SLF001 - the public name of a row's dictionary
    for unused in ("live_key", "slot_key", "next_seq", "approved_at"):
        del values[unused]
    for name in ("scope", "before", "after", "plan_notes"):
        values[name] = json.loads(values[name]) if values[name] else None
    values["plan_notes"] = values["plan_notes"] or []
    values["parameters"] = Parameters.from_json(values["parameters"])
    values["state"] = RunState(values["state"])
    return Run(**values)
