"""What is counted of an event: of which operation it speaks, how long that took, how many records it moved."""

from dataclasses import dataclass
from typing import Any

from consistency.events import Event

#: What senders call the work whose start and end belong together, in the details.
OPERATION_KEYS = ("operation_id", "run_id", "sync_id", "cleanup_id", "migration_id", "job_id")
SECONDS_KEYS = ("duration_seconds", "duration", "seconds")
RECORDS_KEYS = ("records_synced", "records_deleted", "records_migrated", "records", "total_records", "deleted_count")
_MOST = 2**62


@dataclass(frozen=True, slots=True)
class EventNumbers:
    """None where the event does not say it; `seconds` is a duration, `records` a count."""

    operation: str | None
    seconds: float | None
    records: int | None


def numbers_of(event: Event) -> EventNumbers:
    """Metrics come before details, because that is where senders are asked to put numbers."""
    seconds = _number(event, SECONDS_KEYS)
    records = _number(event, RECORDS_KEYS)
    return EventNumbers(_operation(event), seconds, None if records is None else round(records))


def _operation(event: Event) -> str | None:
    named = (event.details.get(key) for key in OPERATION_KEYS)
    found = next((name for name in named if isinstance(name, str | int) and not isinstance(name, bool)), None)
    # A zero character is JSON, and no text of PostgreSQL.
    return None if found in {None, ""} else str(found).replace("\0", "")[:128]


def _number(event: Event, keys: tuple[str, ...]) -> float | None:
    values = (table.get(key) for table in (event.metrics, event.details) for key in keys)
    return next((number for value in values if (number := _counted(value)) is not None), None)


def _counted(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < _MOST else None
