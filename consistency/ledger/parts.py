"""Parts of a run: claimed with a lease, finished once by whoever still holds the claim."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, and_, func, insert, or_, select, update

from consistency.database import database_now, transaction
from consistency.ledger.tables import check_parts, check_runs
from consistency.model import Window
from consistency.remarks import Remark

WAITING, CLAIMED, DONE, SPLIT, INCOMPLETE = "waiting", "claimed", "done", "split", "incomplete"
OPEN = (WAITING, CLAIMED)
SCAN, HISTORY, SUMMARY = "scan", "history", "summary"


@dataclass(frozen=True)
class PlannedPart:
    """A piece of work for a run: a stretch of time to scan, of the window or of the time before it, or the summary."""

    purpose: str
    window: Window


@dataclass(frozen=True)
class Claim:
    """A part that this process works on until `lease` has passed; the token fences off everybody else."""

    run_id: str
    no: int
    purpose: str
    window: Window
    attempts: int
    token: str
    lease: timedelta


@dataclass(frozen=True)
class Part:
    """A part as it stands in the ledger."""

    no: int
    purpose: str
    window: Window
    state: str
    reason: str | None
    seconds: float | None
    result: dict[str, Any] | None

    @property
    def remark(self) -> Remark:
        """Why it was not measured; what was given up before reasons had codes has the text alone."""
        return Remark(self.reason or "", **(self.result or {}))


def insert_parts(connection: Connection, run_id: str, parts: Sequence[PlannedPart], first_no: int = 0) -> None:
    rows = [
        {
            "run_id": run_id,
            "no": first_no + offset,
            "purpose": part.purpose,
            "lo": part.window.start,
            "hi": part.window.end,
            "state": WAITING,
            "attempts": 0,
        }
        for offset, part in enumerate(parts)
    ]
    connection.execute(insert(check_parts), rows)


def claim(engine: Engine, run_id: str, lease: timedelta) -> Claim | None:
    """Take a part that is waiting or whose lease has run out; None if there is nothing to take right now.

    The summary can be taken only when it is the last open part.
    """
    with transaction(engine) as connection:
        now = database_now(connection)
        open_parts = connection.execute(
            select(check_parts).where(check_parts.c.run_id == run_id, check_parts.c.state.in_(OPEN)).order_by("no")
        ).all()
        scans = [row for row in open_parts if row.purpose != SUMMARY]
        for row in scans or open_parts:
            free = row.state == WAITING or row.lease_until < now
            if free and (taken := _take(connection, row, now, lease)):
                return taken
    return None


def _take(connection: Connection, row: Any, now: datetime, lease: timedelta) -> Claim | None:
    token = str(uuid4())
    unchanged = and_(check_parts.c.state == row.state, check_parts.c.attempts == row.attempts)
    taking = update(check_parts).where(check_parts.c.run_id == row.run_id, check_parts.c.no == row.no, unchanged)
    values = {"state": CLAIMED, "owner": token, "lease_until": now + lease, "attempts": row.attempts + 1}
    if connection.execute(taking.values(values)).rowcount != 1:
        return None
    return Claim(row.run_id, row.no, row.purpose, Window(row.lo, row.hi), row.attempts + 1, token, lease)


def renew(engine: Engine, held: Claim) -> bool:
    """Push the end of the lease out again; False if the claim was lost to somebody else."""
    with transaction(engine) as connection:
        until = database_now(connection) + held.lease
        return connection.execute(_held(held).values(lease_until=until)).rowcount == 1


def finish(connection: Connection, held: Claim, result: dict[str, Any], seconds: float) -> bool:
    """Write the result of a part; False if the claim was lost, and then the caller rolls its transaction back."""
    values = {"state": DONE, "result": json.dumps(result), "seconds": seconds, "lease_until": None}
    return connection.execute(_held(held).values(values)).rowcount == 1


def split(connection: Connection, held: Claim) -> bool:
    """Replace a part that was too slow by its two halves; False if the claim was lost."""
    # One process at a time, or two would give their halves the same numbers.
    connection.execute(select(check_runs.c.id).where(check_runs.c.id == held.run_id).with_for_update())
    if connection.execute(_held(held).values(state=SPLIT, lease_until=None)).rowcount != 1:
        return False
    last = connection.scalar(select(func.max(check_parts.c.no)).where(check_parts.c.run_id == held.run_id)) or 0
    insert_parts(connection, held.run_id, [PlannedPart(held.purpose, half) for half in held.window.halves()], last + 1)
    return True


def divide_summary(connection: Connection, held: Claim) -> bool:
    """Let a quick check that was too slow in one go be scanned in two halves first; False if the claim was lost."""
    if connection.execute(_held(held).values(state=WAITING, owner=None, lease_until=None)).rowcount != 1:
        return False
    insert_parts(connection, held.run_id, [PlannedPart(SCAN, half) for half in held.window.halves()], held.no + 1)
    return True


def has_scans(connection: Connection, run_id: str) -> bool:
    """Whether the run is cut into parts that are scanned, besides its summary."""
    scans = select(check_parts.c.no).where(check_parts.c.run_id == run_id, check_parts.c.purpose == SCAN)
    return connection.execute(scans.limit(1)).first() is not None


def give_up(connection: Connection, held: Claim, reason: Remark) -> bool:
    """Mark a part as not measured; the run's coverage shows it."""
    anew = json.dumps({"code": reason.code, "values": reason.values}) if reason.code else None
    values = {"state": INCOMPLETE, "reason": reason.text[:300], "result": anew, "lease_until": None}
    return connection.execute(_held(held).values(values)).rowcount == 1


def put_back(connection: Connection, held: Claim, retry_at: datetime) -> bool:
    """Let somebody else try this part, from `retry_at` on."""
    return connection.execute(_held(held).values(owner=None, lease_until=retry_at)).rowcount == 1


def _held(held: Claim) -> Any:
    mine = and_(check_parts.c.owner == held.token, check_parts.c.state == CLAIMED)
    return update(check_parts).where(check_parts.c.run_id == held.run_id, check_parts.c.no == held.no, mine)


def parts_of(connection: Connection, run_id: str) -> list[Part]:
    """All parts of a run in the order of their time."""
    rows = connection.execute(select(check_parts).where(check_parts.c.run_id == run_id).order_by("lo", "no"))
    return [
        Part(
            row.no,
            row.purpose,
            Window(row.lo, row.hi),
            row.state,
            row.reason,
            row.seconds,
            json.loads(row.result) if row.result else None,
        )
        for row in rows
    ]


def has_claimable_part(connection: Connection, run_id: str, now: datetime) -> bool:
    """Whether somebody should be working on this run and is not."""
    free = or_(check_parts.c.state == WAITING, and_(check_parts.c.state == CLAIMED, check_parts.c.lease_until < now))
    scans_open = select(check_parts.c.no).where(
        check_parts.c.run_id == run_id, check_parts.c.state.in_(OPEN), check_parts.c.purpose != SUMMARY
    )
    wanted = select(check_parts.c.no).where(check_parts.c.run_id == run_id, free)
    if connection.execute(scans_open.limit(1)).first():
        wanted = wanted.where(check_parts.c.purpose != SUMMARY)
    return connection.execute(wanted.limit(1)).first() is not None


def progress(connection: Connection, run_id: str) -> tuple[int, int]:
    """How many parts of the run have ended, and how many there are."""
    counted = select(check_parts.c.state, func.count()).where(
        check_parts.c.run_id == run_id, check_parts.c.state != SPLIT
    )
    by_state = {row.state: row[1] for row in connection.execute(counted.group_by(check_parts.c.state))}
    total = sum(by_state.values())
    return total - sum(by_state.get(state, 0) for state in OPEN), total
