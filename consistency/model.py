"""The nouns that every room shares: plain, frozen, free of services."""

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any


class CheckType(StrEnum):
    """How far back a check looks."""

    QUICK = "quick"  # the last hour, from the watermark on
    FULL = "full"  # the last 24 hours
    DEEP = "deep"  # the last 14 days, with the trend
    RANGE = "range"  # any window a person asks for


#: The kinds that the schedule asks for, from the shortest window to the longest.
SCHEDULED = (CheckType.QUICK, CheckType.FULL, CheckType.DEEP)


class Health(StrEnum):
    """The seed's health; `unknown` is never a pass."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"
    UNKNOWN = "unknown"


class Level(StrEnum):
    """The seed's four alert levels, mildest first."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A half-open stretch of time [start, end), both aware UTC."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is not UTC or self.end.tzinfo is not UTC:
            raise ValueError("a window's bounds are aware datetimes in UTC")
        if self.end < self.start:
            raise ValueError("a window ends before it starts")

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    def halves(self) -> tuple["Window", "Window"]:
        """Two adjoining windows of (nearly) equal length."""
        middle = self.start + self.length / 2
        return Window(self.start, middle), Window(middle, self.end)

    def as_dict(self) -> dict[str, str]:
        return {"start": utc_text(self.start), "end": utc_text(self.end)}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something worth telling besides missing outputs: where it came from, how bad, and what to do.

    A `code` names one of the product's own, which are worded in other languages from `values`, plain JSON ones.
    """

    source: str
    level: Level
    message: str
    fix: str = ""
    code: str = ""
    values: dict[str, Any] = field(default_factory=dict, hash=False)

    def as_dict(self) -> dict[str, Any]:
        """Without `code` and `values` where they say nothing."""
        return {name: value for name, value in asdict(self).items() if self.code or name not in {"code", "values"}}


def utc_text(moment: datetime) -> str:
    """RFC 3339 in UTC, with microseconds only where there are some: `2026-09-16T03:00:00Z`."""
    if moment.tzinfo is None:
        raise ValueError("a naive datetime has no place in UTC")
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return utc.isoformat()[: -len("+00:00")] + "Z"


def parse_utc(text: str) -> datetime:
    """The inverse of `utc_text`; raises ValueError for a text without a zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return moment.astimezone(UTC)
