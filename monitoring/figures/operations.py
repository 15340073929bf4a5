"""Work that services begin and end: every end is brought together with its start."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

#: How long work may go on of which nobody knows how long it takes.
USUAL_DEADLINE = timedelta(hours=24)
#: Work that takes so many times longer than ever before has ended without a word.
TIMES_LONGER = 3
SHORTEST_DEADLINE = timedelta(minutes=10)

START, SUCCESS, FAILURE = "start", "success", "failure"


@dataclass(frozen=True, slots=True)
class Sign:
    """One event that tells of a start or an end; `seconds` and `records` where it says them."""

    event_type: str
    service: str
    at: datetime
    operation: str | None = None
    seconds: float | None = None
    records: int | None = None

    @property
    def stage(self) -> str:
        """START, SUCCESS or FAILURE."""
        return self.event_type.rpartition("_")[2]


@dataclass(frozen=True, slots=True)
class Operation:
    """One attempt at some work: its start, its end, or both; without an end it goes on, or was broken off.

    `again` says that it was started anew under its name, so that this attempt has no end.
    """

    service: str
    start: Sign | None = None
    end: Sign | None = None
    again: bool = False

    @property
    def at(self) -> datetime:
        """When it ended, or else began."""
        known = self.end or self.start
        assert known is not None
        return known.at

    @property
    def seconds(self) -> float | None:
        """How long it took: as its end says, else from start to end; None where neither is known."""
        if self.end is None or self.end.seconds is not None or self.start is None:
            return self.end.seconds if self.end else None
        return max(0.0, (self.end.at - self.start.at).total_seconds())


def operations_of(signs: Iterable[Sign]) -> Iterator[Operation]:
    """Every attempt when its end comes, and at last those without one. The signs are of one kind, in order of time.

    An end belongs to the start of the same name. Where either has none, it belongs to the latest start of its service
    that is still open.
    """
    services: dict[str, _Open] = {}
    for sign in signs:
        mine = services.setdefault(sign.service, _Open())
        if sign.stage != START:
            yield Operation(sign.service, mine.ended_by(sign), sign)
        elif before := mine.begin(sign):
            yield Operation(sign.service, before, again=True)
    for service, left in services.items():
        yield from (Operation(service, start) for start in left.starts())


def deadline(longest: timedelta | None) -> timedelta:
    """How long work may go on before it counts as broken off, given the longest that it ever took."""
    return USUAL_DEADLINE if longest is None else max(SHORTEST_DEADLINE, TIMES_LONGER * longest)


@dataclass
class _Open:
    """What a service has begun and not ended; the latest stand last."""

    named: dict[str, Sign] = field(default_factory=dict)
    unnamed: list[Sign] = field(default_factory=list)

    def begin(self, start: Sign) -> Sign | None:
        """The earlier start of that name, if there is one."""
        if start.operation is None:
            self.unnamed.append(start)
            return None
        before = self.named.pop(start.operation, None)
        self.named[start.operation] = start
        return before

    def ended_by(self, end: Sign) -> Sign | None:
        if end.operation in self.named:
            return self.named.pop(str(end.operation))
        if self.unnamed:
            return self.unnamed.pop()
        return self.named.popitem()[1] if self.named and end.operation is None else None

    def starts(self) -> list[Sign]:
        return sorted([*self.named.values(), *self.unnamed], key=lambda start: start.at)
