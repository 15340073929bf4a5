"""Scan one stretch of time in one snapshot, and check the failing keys again on the primary before they count."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row

from consistency.database import snapshot
from consistency.host import BoundRule
from consistency.source import Source
from consistency.tally import Sample, Slots, Tally, merged
from monitor_tasks.statements import Kind, Prepared, Scope, scan_statement
from monitor_tasks.strays import Stray, stray_statement

RECHECK_BATCH = 5000
_FETCH_ROWS = 2000
_KIND, _SUMS = 1, 11
_DELETED, _YOUNG, _PENDING, _MISSING = map(int, (Kind.DELETED, Kind.YOUNG, Kind.PENDING, Kind.MISSING))


@dataclass(frozen=True, slots=True)
class Timing:
    """How long one statement took, in seconds, and how many rows it answered with."""

    statement: str
    seconds: float
    rows: int


@dataclass(slots=True)
class Sighting:
    """A task that lacks its output: key, and finish time in seconds since 1970."""

    key: object
    done: float


@dataclass(slots=True)
class Scanned:
    """What a scan found, by slot: settled tasks apart from those that lack their output; and how it went.

    `last_done` is the last finish time seen, in seconds since 1970.
    """

    settled: Slots = field(default_factory=Slots)
    open: Slots = field(default_factory=Slots)
    timings: list[Timing] = field(default_factory=list)
    last_done: float | None = None

    def total(self) -> Tally:
        """Everything that was counted, in one tally."""
        return merged([*self.settled.tallies.values(), *self.open.tallies.values()])

    def slots(self) -> Slots:
        """Settled and open tasks together."""
        together = Slots()
        together.merge(self.settled)
        together.merge(self.open)
        return together

    def note_missing(self, row: Row[Any], scope: Scope) -> None:
        """Keep the key of a missing task for the report's sample."""
        self.open.at(int(row.slot) * scope.slot_seconds).sample.add(float(row.done), str(row.key))


OnMissing = Callable[[Sighting], None]


def scan(source: Source, rule: BoundRule, scope: Scope, on_missing: OnMissing | None = None) -> Scanned:
    """Count everything that finished in the scope's windows; `on_missing` hears of every confirmed missing task.

    1. Sum up the tasks in one statement and one snapshot.
    2. Look again at exactly the failing keys, on the primary; only what fails again is missing.
    3. Count the outputs of the windows that belong to no task.
    """
    scanned = Scanned()
    with snapshot(source.read, source.statement_timeout) as connection:
        _gather_in_hash_tables(connection)
        recheck = Recheck(source, rule, scope, scanned, on_missing)
        source.on_progress()
        for row in timed(connection, scan_statement(rule, scope, connection.dialect), "tasks", scanned.timings):
            if row[_KIND] == _MISSING:
                recheck.suspect(row)
            else:
                absorb(scanned, row, scope)
        _count_strays(source, connection, rule, scope, scanned)
    recheck.finish()
    return scanned


def _gather_in_hash_tables(connection: Connection) -> None:
    """PostgreSQL expects as many groups as tasks and would sort them all first, which takes longer than counting."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL enable_sort = off")


def timed(connection: Connection, prepared: Prepared, name: str, timings: list[Timing]) -> Iterator[Row[Any]]:
    """The rows as they come; only the time spent waiting for the database is counted."""
    waited, rows, began = 0.0, 0, time.perf_counter()
    streamed = {"stream_results": True}
    with connection.execute(prepared.statement, prepared.parameters, execution_options=streamed) as result:
        for partition in result.partitions(_FETCH_ROWS):
            waited += time.perf_counter() - began
            rows += len(partition)
            yield from partition
            began = time.perf_counter()
    waited += time.perf_counter() - began
    timings.append(Timing(name, round(waited, 6), rows))


def absorb(scanned: Scanned, row: Row[Any], scope: Scope) -> None:
    """Add one row of sums to the slot it belongs to."""
    # A row gives its values in one go far sooner than by their names; the key, where there is one, is the last.
    slot, kind, _, latest, tasks, fallback, outputs, duplicates, late, least, greatest = row[:_SUMS]
    done = float(latest)
    if scanned.last_done is None or done > scanned.last_done:
        scanned.last_done = done
    slots = scanned.open if kind == _MISSING else scanned.settled
    tally = slots.at(int(slot) * scope.slot_seconds)
    if kind == _DELETED:
        tally.deleted += int(tasks)
        return
    tally.no_finish_time += int(fallback)
    if kind == _PENDING:
        tally.pending += int(tasks)
    elif kind != _YOUNG:
        tally.tasks += int(tasks)
        tally.outputs += int(outputs)
        tally.duplicates += int(duplicates)
        if kind == _MISSING:
            tally.missing += int(tasks)
        else:
            tally.tasks_with_outputs += int(tasks)
            tally.late += int(late)
            if least is not None:
                tally.delays.add(int(tasks), float(least), float(greatest))


class Recheck:
    """The second look: suspects are collected in batches and asked for again, by key, on the primary.

    Whoever wants to hear of each missing task has them listed; else they are only counted again, and a few of them
    are listed at the end, for the report's sample.
    """

    def __init__(
        self, source: Source, rule: BoundRule, scope: Scope, scanned: Scanned, on_missing: OnMissing | None
    ) -> None:
        self.source, self.rule, self.scope = source, rule, scope
        self.scanned, self.on_missing = scanned, on_missing
        self.suspects: list[object] = []
        self.candidates = Sample()
        # A writer to a SQLite file waits for all readers and lets no new one in: a second snapshot inside the first
        # would wait for that writer, and the writer for the first.
        self.waits = source.primary.dialect.name == "sqlite"
        self.seen: set[object] | None = None if rule.key_is_unique else set()
        self.listed = on_missing is not None or self.seen is not None

    def suspect(self, row: Row[Any]) -> None:
        if self.seen is not None:
            if row.key in self.seen:
                return
            self.seen.add(row.key)
        self.suspects.append(row.key)
        if not self.listed:
            self.candidates.add(float(row.done), str(row.key))
        if len(self.suspects) >= RECHECK_BATCH and not self.waits:
            self.flush()

    def flush(self) -> None:
        """Look again at all suspects collected so far, in snapshots that are younger than the scan's."""
        for start in range(0, len(self.suspects), RECHECK_BATCH):
            self.look(self.suspects[start : start + RECHECK_BATCH])
        self.suspects = []

    def finish(self) -> None:
        """Flush what is left, and list the sample."""
        self.flush()
        keys = [self.rule.parse_key(key) for key in self.candidates.in_order()]
        for row in self._ask(keys, listed=True) if keys else ():
            if row.kind == Kind.MISSING:
                self.scanned.note_missing(row, self.scope)

    def look(self, keys: list[object]) -> None:
        """Count the tasks with these keys as they are now; those that are gone from the windows count no more."""
        for row in self._ask(keys, listed=self.listed):
            if self.seen is not None and row.kind not in {Kind.MISSING, Kind.WITH_OUTPUT}:
                continue  # Another task with the same key, which was not suspected and has been counted.
            absorb(self.scanned, row, self.scope)
            if row.kind == Kind.MISSING and self.listed:
                self.scanned.note_missing(row, self.scope)
                if self.on_missing is not None:
                    self.on_missing(Sighting(row.key, float(row.done)))

    def _ask(self, keys: list[object], *, listed: bool) -> Iterator[Row[Any]]:
        self.source.on_progress()
        with snapshot(self.source.primary, self.source.statement_timeout) as connection:
            prepared = scan_statement(self.rule, self.scope, connection.dialect, keys, listed=listed)
            yield from timed(connection, prepared, "second look at missing tasks", self.scanned.timings)


def _count_strays(source: Source, connection: Connection, rule: BoundRule, scope: Scope, scanned: Scanned) -> None:
    prepared = stray_statement(rule, scope, connection.dialect.name)
    if prepared is None:
        return
    source.on_progress()
    for row in timed(connection, prepared, "outputs without task", scanned.timings):
        tally = scanned.settled.at(int(row.slot) * scope.slot_seconds)
        if row.kind == Stray.ORPHAN:
            tally.orphans += int(row.outputs)
        else:
            tally.null_fk += int(row.outputs)


def counted(connection: Connection, prepared: Prepared, name: str, timings: list[Timing]) -> int:
    """The one number that a small statement answers with."""
    began = time.perf_counter()
    number = int(connection.scalar(prepared.statement, prepared.parameters) or 0)
    timings.append(Timing(name, round(time.perf_counter() - began, 6), 1))
    return number
