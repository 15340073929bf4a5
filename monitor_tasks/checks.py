"""One check, from the request to the closed run.

1. `start` writes the run and its parts to the ledger, or finds the run that is already there.
2. `work` claims parts until none is left to claim; any number of processes may do so for one run.
3. The last part, the summary, merges what the others counted, writes the report and closes the run.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from consistency.database import database_now, transaction
from consistency.errors import (
    CheckFailed,
    ClaimLost,
    DatabaseError,
    DatabaseUnavailable,
    MappingError,
    StatementTimeout,
)
from consistency.ledger import parts, runs
from consistency.ledger.buckets import stored_hours
from consistency.mapping import rule_hash
from consistency.model import CheckType, Window, parse_utc, utc_text
from consistency.remarks import Remark, remark_of
from consistency.resources import Resources
from consistency.source import Source, source_of
from consistency.stretches import HOUR, ceil_to
from monitor_tasks.scan import scan
from monitor_tasks.statements import Scope
from monitor_tasks.summary import rule_of, summarise, summarise_failure
from monitor_tasks.windows import parts_of, unmeasured_stretches, window_of

MOST_ATTEMPTS = 5
SHORTEST_PART = timedelta(minutes=1)
_NO_END = Remark(f"tried {MOST_ATTEMPTS} times without an end", "tried_without_end", {"times": MOST_ATTEMPTS})
_RETRY_AFTER = timedelta(seconds=2)


def start(
    resources: Resources,
    kind: CheckType,
    rule_id: str,
    *,
    window: Window | None = None,
    slot: str = "",
    task_id: str = "",
    compare_at: datetime | None = None,
    detailed: bool = False,
) -> tuple[runs.Run, bool]:
    """Open a run, and say whether it is new; a range check needs its window, the others find their own.

    `task_id` is that of the Celery task which begins it, for those who look for it in Flower.
    """
    (mapping,) = resources.settings.rule_by_id(rule_id)
    as_of = _as_of(resources, rule_id)
    window = window or window_of(kind, as_of)
    options = {
        "compare_at": utc_text(compare_at) if compare_at else None,
        "detailed": detailed,
        **({"task_id": task_id} if task_id else {}),
    }
    request = runs.RunRequest(mapping.id, rule_hash(mapping), kind, window, as_of, slot, options)
    planned = parts_of(kind, window, compare_at, _unmeasured_history(resources, request))
    return runs.open_run(resources.store, request, planned)


def _as_of(resources: Resources, rule_id: str) -> datetime:
    """The application database's clock; while it is down, the ledger's, so that the outage itself is on record."""
    try:
        resources.rule(rule_id)
        with transaction(resources.reader) as connection:
            return database_now(connection)
    except DatabaseUnavailable:
        if resources.store is resources.primary:
            raise
        with transaction(resources.store) as connection:
            return database_now(connection)


def _unmeasured_history(resources: Resources, request: runs.RunRequest) -> list[Window]:
    """The hours that a deep check compares its window with and that no earlier check has counted."""
    if request.type is not CheckType.DEEP:
        return []
    before = Window(request.window.start - request.window.length, ceil_to(request.window.start, HOUR))
    with transaction(resources.store) as connection:
        measured = stored_hours(connection, request.rule_id, request.rule_hash, before)
    return unmeasured_stretches(before, measured.keys())


def work(
    resources: Resources,
    run_id: str,
    *,
    turn: float = float("inf"),
    on_part: Callable[[], None] = lambda: None,
    on_closed: Callable[[runs.Run], None] = lambda _: None,
    known: runs.Run | None = None,
) -> runs.Run:
    """Claim and finish parts of the run until nothing is left to claim; returns the run as it stands then.

    After `turn` seconds no further part is begun, so that others get their turn. `on_closed` hears of the run when
    this process has closed it. Whoever has just read the run may hand it over as `known`.
    """
    run, began, summarised = known or _find(resources, run_id), time.monotonic(), False
    while run.state == runs.RUNNING and time.monotonic() - began < turn:
        held = parts.claim(resources.store, run_id, resources.settings.lease)
        if held is None:
            break
        _work_on(resources, run, held)
        on_part()
        summarised = summarised or held.purpose == parts.SUMMARY
    run = _find(resources, run_id)
    if summarised and run.is_closed:
        on_closed(run)
    return run


def open_scans(resources: Resources, run_id: str) -> int:
    """How many parts of the run are still to be scanned."""
    with transaction(resources.store) as connection:
        ended = parts.parts_of(connection, run_id)
    return sum(part.purpose != parts.SUMMARY and part.state in parts.OPEN for part in ended)


def is_claimable(resources: Resources, run_id: str) -> bool:
    """Whether a part of the run waits for somebody to take it."""
    with transaction(resources.store) as connection:
        return parts.has_claimable_part(connection, run_id, database_now(connection))


def _find(resources: Resources, run_id: str) -> runs.Run:
    with transaction(resources.store) as connection:
        run = runs.find_run(connection, run_id)
    if run is None:
        raise CheckFailed(f"there is no run {run_id!r} in the ledger")
    return run


def _work_on(resources: Resources, run: runs.Run, held: parts.Claim) -> None:
    try:
        if held.attempts > MOST_ATTEMPTS:
            _give_up(resources, run, held, _NO_END)
        elif held.purpose == parts.SUMMARY:
            summarise(resources, run, held, _source(resources, held))
        else:
            _scan_part(resources, run, held)
    except StatementTimeout as error:
        _halve(resources, run, held, remark_of(error))
    except DatabaseUnavailable as error:
        _try_later(resources, run, held, remark_of(error))
    except (DatabaseError, MappingError) as error:
        _give_up(resources, run, held, remark_of(error))
    except ClaimLost:
        return


def _scan_part(resources: Resources, run: runs.Run, held: parts.Claim) -> None:
    began = time.monotonic()
    scope = Scope((held.window,), run.as_of)
    scanned = scan(_source(resources, held), rule_of(resources, run), scope)
    timings = [[timing.statement, timing.seconds, timing.rows] for timing in scanned.timings]
    result = {"slots": scanned.slots().as_dict(), "timings": timings}
    with transaction(resources.store) as connection:
        if not parts.finish(connection, held, result, time.monotonic() - began):
            raise ClaimLost(f"part {held.no} of run {held.run_id} is somebody else's now")


def _source(resources: Resources, held: parts.Claim) -> Source:
    return source_of(resources, _Renewal(resources, held))


class _Renewal:
    """Keeps the lease while the work goes on; called between statements, it writes at most every third of the lease."""

    def __init__(self, resources: Resources, held: parts.Claim) -> None:
        self.resources, self.held, self.renewed = resources, held, time.monotonic()
        # On a SQLite file that is not in write-ahead mode the open snapshot would lock its own renewal out.
        self.possible = resources.store is not resources.primary or resources.store.dialect.name != "sqlite"

    def __call__(self) -> None:
        due = time.monotonic() - self.renewed > self.held.lease.total_seconds() / 3
        if not due or not self.possible:
            return
        if not parts.renew(self.resources.store, self.held):
            raise ClaimLost(f"part {self.held.no} of run {self.held.run_id} is somebody else's now")
        self.renewed = time.monotonic()


def _halve(resources: Resources, run: runs.Run, held: parts.Claim, reason: Remark) -> None:
    """A part that was too slow becomes two; one that is too short for that is marked as not measured."""
    with transaction(resources.store) as connection:
        undivided = run.type is CheckType.QUICK and not parts.has_scans(connection, run.id)
    if held.purpose == parts.SUMMARY and undivided:
        with transaction(resources.store) as connection:
            parts.divide_summary(connection, held)
    elif held.purpose == parts.SUMMARY or held.window.length < 2 * SHORTEST_PART:
        _give_up(resources, run, held, reason)
    else:
        with transaction(resources.store) as connection:
            parts.split(connection, held)


def _try_later(resources: Resources, run: runs.Run, held: parts.Claim, reason: Remark) -> None:
    if held.attempts >= MOST_ATTEMPTS:
        _give_up(resources, run, held, reason)
        return
    with transaction(resources.store) as connection:
        parts.put_back(connection, held, database_now(connection) + _RETRY_AFTER * held.attempts)


def _give_up(resources: Resources, run: runs.Run, held: parts.Claim, reason: Remark) -> None:
    if held.purpose == parts.SUMMARY:
        summarise_failure(resources, run, held, reason)
        return
    with transaction(resources.store) as connection:
        parts.give_up(connection, held, reason)


def compare_at_of(run: runs.Run) -> datetime | None:
    """The date that a range check compares at, if it was asked for one."""
    text = run.options.get("compare_at")
    return parse_utc(text) if text else None
