"""What became of synchronisations, cleanups and migrations: counts, rates, durations and records of a time."""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from consistency.model import utc_text
from monitoring.figures.operations import (
    FAILURE,
    START,
    SUCCESS,
    USUAL_DEADLINE,
    Operation,
    Sign,
    deadline,
    operations_of,
)

#: Services beyond these are in the sums alone.
MOST_SERVICES = 100


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of work: its name, which its event types begin with, and what its sum of records is called."""

    name: str
    records: str

    @property
    def event_types(self) -> tuple[str, ...]:
        return tuple(f"{self.name}_{stage}" for stage in (START, SUCCESS, FAILURE))


SYNC = Kind("sync", "total_records_synced")
CLEANUP = Kind("cleanup", "total_records_deleted")
MIGRATION = Kind("migration", "total_records_migrated")


@dataclass
class _Tally:
    """What is counted of one service, or of all; durations are those of successes, in seconds."""

    starts: int = 0
    successes: int = 0
    failures: int = 0
    records: int = 0
    running: int = 0
    never_ended: int = 0
    durations: "array[float]" = field(default_factory=lambda: array("d"))
    longest: float | None = None
    last_success: datetime | None = None
    last_failure: datetime | None = None
    failed_in_a_row: int = 0
    open: list[Operation] = field(default_factory=list)


def read_from(since: datetime, now: datetime) -> datetime:
    """From when on signs are needed to know what happened since then: starts may lie before it."""
    return since - max(USUAL_DEADLINE, now - since)


def metrics_of(kind: Kind, signs: Iterable[Sign], since: datetime, now: datetime) -> dict[str, Any]:
    """The numbers from `since` to now, in all and by service. The signs come in order of time, from `read_from` on.

    An attempt counts where its end lies; one without an end where it was given up. The latest success and failure may
    lie before `since`.
    """
    services: dict[str, _Tally] = {}
    for operation in operations_of(signs):
        _count(services.setdefault(operation.service, _Tally()), operation, since)
    for tally in services.values():
        _judge_open(tally, since, now)
    busiest = sorted(services, key=lambda name: (-_size(services[name]), name))[:MOST_SERVICES]
    by_service = [{"service": name, **_numbers(kind, services[name])} for name in sorted(busiest)]
    return {**_numbers(kind, _together(services.values())), "services": by_service}


def _count(tally: _Tally, operation: Operation, since: datetime) -> None:
    if operation.start and operation.start.at >= since:
        tally.starts += 1
    end = operation.end
    if end is None:
        tally.open.append(operation)
        return
    seconds = operation.seconds
    if seconds is not None:
        tally.longest = max(seconds, tally.longest or 0.0)
    good = end.stage == SUCCESS
    tally.failed_in_a_row = 0 if good else tally.failed_in_a_row + 1
    if good:
        tally.last_success = end.at
    else:
        tally.last_failure = end.at
    if end.at >= since:
        tally.records += end.records or 0
        tally.successes += good
        tally.failures += not good
        if good and seconds is not None:
            tally.durations.append(seconds)


def _judge_open(tally: _Tally, since: datetime, now: datetime) -> None:
    """Whether what has no end still goes on; what was broken off after the latest success is a failure as well."""
    wait = deadline(None if tally.longest is None else timedelta(seconds=tally.longest))
    for operation in tally.open:
        given_up = operation.at if operation.again else operation.at + wait
        if given_up > now:
            tally.running += 1
            continue
        tally.never_ended += given_up >= since
        tally.failed_in_a_row += tally.last_success is None or operation.at > tally.last_success


def _together(tallies: Iterable[_Tally]) -> _Tally:
    total = _Tally()
    for tally in tallies:
        for name in ("starts", "successes", "failures", "records", "running", "never_ended"):
            setattr(total, name, getattr(total, name) + getattr(tally, name))
        total.durations.extend(tally.durations)
        total.last_success = max(filter(None, (total.last_success, tally.last_success)), default=None)
        total.last_failure = max(filter(None, (total.last_failure, tally.last_failure)), default=None)
        total.failed_in_a_row = max(total.failed_in_a_row, tally.failed_in_a_row)
    return total


def _size(tally: _Tally) -> int:
    return tally.starts + tally.successes + tally.failures + tally.running


def _numbers(kind: Kind, tally: _Tally) -> dict[str, Any]:
    ended = tally.successes + tally.failures
    return {
        f"{kind.name}_start_count": tally.starts,
        f"{kind.name}_success_count": tally.successes,
        f"{kind.name}_failure_count": tally.failures,
        "success_rate": round(tally.successes / ended, 4) if ended else None,
        kind.records: tally.records,
        **dict(_durations(tally.durations)),
        "last_success": tally.last_success and utc_text(tally.last_success),
        "last_failure": tally.last_failure and utc_text(tally.last_failure),
        "failed_in_a_row": tally.failed_in_a_row,
        "running": tally.running,
        "never_ended": tally.never_ended,
    }


def _durations(seconds: "array[float]") -> Iterator[tuple[str, float | None]]:
    ordered = sorted(seconds)
    yield "avg_duration_seconds", round(sum(ordered) / len(ordered), 3) if ordered else None
    for name, share in (("p50", 0.5), ("p95", 0.95), ("max", 1.0)):
        rank = max(0, ceil(share * len(ordered)) - 1)
        yield f"{name}_duration_seconds", round(ordered[rank], 3) if ordered else None
