"""Runs of checks: opened once per scope and slot, closed once with their report."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    Connection,
    Engine,
    Row,
    ScalarSelect,
    Select,
    bindparam,
    delete,
    insert,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.exc import IntegrityError

from consistency.database import database_now, transaction
from consistency.errors import CheckFailed
from consistency.ledger.parts import PlannedPart, insert_parts
from consistency.ledger.tables import check_runs
from consistency.model import CheckType, Window

RUNNING, CLOSED, CANCELLED = "running", "closed", "cancelled"


@dataclass(frozen=True)
class RunRequest:
    """What somebody wants checked; `slot` names the scheduled slot, or is empty for a run asked for by hand."""

    rule_id: str
    rule_hash: str
    type: CheckType
    window: Window
    as_of: datetime
    slot: str = ""
    options: dict[str, Any] | None = None

    @property
    def live_key(self) -> str:
        """Open runs with one live key are one run: a quick check beside a quick check of the same rule, for example."""
        key = f"{self.rule_id}|{self.type}"
        if self.type is CheckType.RANGE:
            key += f"|{self.window.start.isoformat()}|{self.window.end.isoformat()}"
            key += f"|{(self.options or {}).get('compare_at') or ''}"
        return key


@dataclass(frozen=True)
class Run:
    """A run as it stands in the ledger."""

    id: str
    rule_id: str
    rule_hash: str
    type: CheckType
    state: str
    window: Window
    as_of: datetime
    options: dict[str, Any]
    created_at: datetime
    closed_at: datetime | None
    recorded_at: datetime | None
    notified_at: datetime | None
    report: dict[str, Any] | None

    @property
    def is_closed(self) -> bool:
        return self.state == CLOSED


def open_run(engine: Engine, request: RunRequest, parts: Sequence[PlannedPart]) -> tuple[Run, bool]:
    """Write the run with its parts and return it with True; or return, with False, the run that is already there.

    A run is already there when the slot was taken before, or when a run of the same scope is still open.
    """
    for _ in range(3):
        try:
            with transaction(engine) as connection:
                return _insert_run(connection, request, parts), True
        except IntegrityError:
            with transaction(engine) as connection:
                there = _already_there(connection, request)
            if there is not None:
                return there, False
    raise CheckFailed(f"the {request.type} check of rule {request.rule_id} could not be opened; try again")


def _insert_run(connection: Connection, request: RunRequest, parts: Sequence[PlannedPart]) -> Run:
    run_id = str(uuid4())
    values = {
        "id": run_id,
        "rule_id": request.rule_id,
        "rule_hash": request.rule_hash,
        "type": str(request.type),
        "live_key": request.live_key,
        "slot_key": f"{request.rule_id}|{request.type}|{request.slot}" if request.slot else None,
        "state": RUNNING,
        "window_start": request.window.start,
        "window_end": request.window.end,
        "as_of": request.as_of,
        "options": json.dumps(request.options or {}),
        "created_at": database_now(connection),
    }
    connection.execute(insert(check_runs).values(values))
    insert_parts(connection, run_id, parts)
    empty = dict.fromkeys(("closed_at", "recorded_at", "notified_at", "report"))
    return _run_of({**values, **empty})


def _already_there(connection: Connection, request: RunRequest) -> Run | None:
    same = check_runs.c.live_key == request.live_key
    if request.slot:
        same = or_(check_runs.c.slot_key == f"{request.rule_id}|{request.type}|{request.slot}", same)
    row = connection.execute(_runs().where(same).order_by(check_runs.c.created_at)).first()
    return _run(row) if row else None


def find_run(connection: Connection, run_id: str | ScalarSelect[str]) -> Run | None:
    """The run of that id, or of the id that the question finds."""
    row = connection.execute(_runs().where(check_runs.c.id == run_id)).first()
    return _run(row) if row else None


def runs_by_id(connection: Connection, run_ids: Sequence[str] | Select[str]) -> list[Run]:
    """Those of the ids that there are, in no order."""
    return [_run(row) for row in connection.execute(_runs().where(check_runs.c.id.in_(run_ids)))]


def latest_run(connection: Connection, rule_id: str, kind: CheckType) -> Run | None:
    """The run of this kind that closed last."""
    row = connection.execute(_last_closed(rule_id, kind)).first()
    return _run(row) if row else None


def latest_runs(connection: Connection, rule_id: str) -> list[Run]:
    """Of each kind the run that closed last, where there is one, in the order of the kinds.

    Its report is the same object for all who ask, so that nobody may change it.
    """
    rows = connection.execute(_LATEST, {"rule_id": rule_id})
    found = {run.type: run for run in (_run(row, _read_once) for row in rows)}
    return [found[kind] for kind in CheckType if kind in found]


def close_run(connection: Connection, run_id: str, report: dict[str, Any], now: datetime) -> bool:
    """Store the report and end the run; False if it is not open any more."""
    return _end(connection, run_id, state=CLOSED, closed_at=now, report=json.dumps(report, ensure_ascii=False))


def cancel_run(connection: Connection, run_id: str, now: datetime) -> bool:
    """End a run that nobody will work on; its slot becomes free again."""
    return _end(connection, run_id, state=CANCELLED, closed_at=now, slot_key=None, recorded_at=now, notified_at=now)


def _end(connection: Connection, run_id: str, **values: Any) -> bool:
    ending = update(check_runs).where(check_runs.c.id == run_id, check_runs.c.state == RUNNING)
    return connection.execute(ending.values(live_key=None, **values)).rowcount == 1


def mark(connection: Connection, run_id: str, step: str, now: datetime) -> bool:
    """Remember that the step `recorded` or `notified` was done; False if it was done before."""
    column = check_runs.c[f"{step}_at"]
    marking = update(check_runs).where(check_runs.c.id == run_id, column.is_(None))
    return connection.execute(marking.values({column: now})).rowcount == 1


def unfinished_runs(connection: Connection, older_than: datetime) -> list[Run]:
    """Runs that are open, or closed but not recorded or not told, and were created before `older_than`."""
    waiting = or_(check_runs.c.recorded_at.is_(None), check_runs.c.notified_at.is_(None))
    rows = connection.execute(_runs().where(waiting, check_runs.c.created_at < older_than).order_by("created_at"))
    return [_run(row) for row in rows]


def untold_runs(connection: Connection) -> list[str]:
    """The ids of runs with a report that nobody has been told of yet, oldest first."""
    waiting = check_runs.c.report.is_not(None) & check_runs.c.notified_at.is_(None)
    return list(connection.scalars(select(check_runs.c.id).where(waiting).order_by(check_runs.c.created_at)))


def forget_old_runs(connection: Connection, now: datetime, keep: timedelta) -> int:
    """Delete runs that closed longer ago than `keep`, with their parts; returns how many."""
    return connection.execute(delete(check_runs).where(check_runs.c.closed_at < now - keep)).rowcount


def _runs() -> Select[Any]:
    return select(check_runs)


def _last_closed(rule_id: Any, kind: CheckType) -> Select[Any]:
    chosen = _runs().where(check_runs.c.rule_id == rule_id, check_runs.c.type == kind, check_runs.c.state == CLOSED)
    return chosen.order_by(check_runs.c.closed_at.desc()).limit(1)


# Every page asks this, so it is put together once; a part of a union may be limited only within a table of its own.
_LATEST = union_all(*(select(_last_closed(bindparam("rule_id"), kind).subquery()) for kind in CheckType))


def _run(row: Row[Any], read: Callable[[str], dict[str, Any]] = json.loads) -> Run:
    return _run_of(dict(row._mapping), read)  # noqa: SLF001 - the public name of a row's dictionary


# Every page asks for the same few, which are long and never change.
_read_once: Callable[[str], dict[str, Any]] = lru_cache(maxsize=64)(json.loads)


def _run_of(row: dict[str, Any], read: Callable[[str], dict[str, Any]] = json.loads) -> Run:
    return Run(
        id=row["id"],
        rule_id=row["rule_id"],
        rule_hash=row["rule_hash"],
        type=CheckType(row["type"]),
        state=row["state"],
        window=Window(row["window_start"], row["window_end"]),
        as_of=row["as_of"],
        options=json.loads(row["options"]),
        created_at=row["created_at"],
        closed_at=row["closed_at"],
        recorded_at=row["recorded_at"],
        notified_at=row["notified_at"],
        report=read(row["report"]) if row["report"] else None,
    )
