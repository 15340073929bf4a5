"""What other services tell: an event of a known type and level, and its seven keys as they travel."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from consistency.model import Level

#: The keys of an event's JSON object, in their order.
KEYS = ("timestamp", "event_type", "level", "service", "message", "details", "metrics")


class EventType(StrEnum):
    """What has happened; services may register types of their own beside these."""

    SYNC_START = "sync_start"
    SYNC_SUCCESS = "sync_success"
    SYNC_FAILURE = "sync_failure"
    CLEANUP_START = "cleanup_start"
    CLEANUP_SUCCESS = "cleanup_success"
    CLEANUP_FAILURE = "cleanup_failure"
    MIGRATION_START = "migration_start"
    MIGRATION_SUCCESS = "migration_success"
    MIGRATION_FAILURE = "migration_failure"
    HEALTH_CHECK = "health_check"
    SERVICE_STATUS = "service_status"
    PERFORMANCE_WARNING = "performance_warning"
    STORAGE_WARNING = "storage_warning"


#: What happens to repairs; only the product itself tells of these, because people trust what it says to be done next.
OWN_TYPES = tuple(
    f"repair_{what}"
    for what in (
        "planned",
        "approval_needed",
        "started",
        "paused",
        "resumed",
        "verifying",
        "succeeded",
        "succeeded_with_leftovers",
        "failed",
        "cancelled",
        "rolling_back",
        "rolled_back",
        "rolled_back_partial",
    )
)


class EventLevel(StrEnum):
    """How grave it is, mildest first."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


#: What an event's level is called where it is told to people.
TOLD_AS: Mapping[EventLevel, Level] = MappingProxyType(dict(zip(EventLevel, Level, strict=True)))
#: The same the other way round.
EVENT_LEVELS: Mapping[Level, EventLevel] = MappingProxyType(dict(zip(Level, EventLevel, strict=True)))


@dataclass(frozen=True, slots=True)
class Event:
    """An event as a callback sees it; `timestamp` is text, so that all of it can go into JSON as it is."""

    timestamp: str
    event_type: str
    level: str
    service: str
    message: str
    details: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    #: The same wherever it is sent and however often; empty where nobody has given one.
    id: str = ""

    def body(self) -> dict[str, Any]:
        """The seven keys in their order, without the id."""
        return {
            "timestamp": self.timestamp,
            "event_type": self.event_type,
            "level": self.level,
            "service": self.service,
            "message": self.message,
            "details": self.details,
            "metrics": self.metrics,
        }


class WrittenEvent(NamedTuple):
    """An event on its way: its id, and its JSON object in UTF-8 on one line."""

    id: str
    body: bytes

    def line(self) -> bytes:
        """How it stands in a file: the id, a space, the object, a line break."""
        return b"%b %b\n" % (self.id.encode(), self.body)

    @classmethod
    def of_line(cls, line: bytes) -> "WrittenEvent":
        """The inverse; ValueError for a line that is torn or none of ours."""
        name, space, body = line.partition(b" ")
        if not (name and space and body.startswith(b"{") and body.endswith(b"}\n")):
            raise ValueError("no line of an event")
        return cls(name.decode("ascii"), body[:-1])

    def read(self) -> Event:
        """The event with attributes again, all of it its own."""
        return event_object(json.loads(self.body), self.id)


class Draft(NamedTuple):
    """An event of which nothing can change any more; `tables` is a JSON object of its details and metrics.

    It holds nothing but text, so that many of them do not keep the garbage collector busy.
    """

    id: str
    timestamp: str
    event_type: str
    level: str
    service: str
    message: str
    tables: str
    #: Whether it is on its way already.
    is_under_way: bool = False

    def write(self) -> WrittenEvent:
        """The event as it travels."""
        text = (
            f'{{"timestamp":{_quoted(self.timestamp)},"event_type":{_quoted(self.event_type)}'
            f',"level":{_quoted(self.level)},"service":{_quoted(self.service)},"message":{_quoted(self.message)}'
            f",{self.tables[1:]}"
        )
        return WrittenEvent(self.id, text.encode("utf-8", "replace"))


def event_object(found: Mapping[str, Any], event_id: str = "") -> Event:
    """The event with attributes in place of keys; keys that no event has are left out."""
    texts = {name: str(found.get(name, "")) for name in KEYS[:5]}
    return Event(**texts, details=_table(found.get("details")), metrics=_table(found.get("metrics")), id=event_id)


def event_time(moment: datetime) -> str:
    """As events write moments: in UTC with milliseconds, `2025-08-29T10:30:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def strict_json(value: Any) -> bytes:
    """Compact JSON in UTF-8; ValueError for numbers that JSON does not know, TypeError for other things."""
    return strict_text(value).encode("utf-8", "replace")


def json_bytes(value: Any) -> bytes:
    """Compact JSON in UTF-8, keys in the order they stand in."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _strict_encoder() -> Callable[[Any], str]:
    """What `json` makes anew at each call, made once: that takes as long as writing an event does."""
    strict = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    make: Any = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return strict.encode
    pieces: Callable[[Any, int], Iterable[str]] = make(
        # It remembers no tables that it is inside of; one that holds itself ends in a RecursionError.
        markers=None,
        default=strict.default,
        encoder=_quoted,
        indent=None,
        key_separator=":",
        item_separator=",",
        sort_keys=False,
        skipkeys=False,
        allow_nan=False,
    )
    return lambda value: "".join(pieces(value, 0))


_quoted = json.encoder.encode_basestring
#: Compact JSON; ValueError for numbers that JSON does not know, TypeError for other things.
strict_text = _strict_encoder()


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
