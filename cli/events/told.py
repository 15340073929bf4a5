"""An event as the commands show it: on a line for people, as an object for programs."""

import json
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from rich.cells import cell_len

from api.views.times import local_text
from cli.terminal import printable
from consistency.ledger.events import StoredEvent
from consistency.model import utc_text

HEADER = ("when", "level", "service", "type", "message")
#: How wide a column is where lines come one by one: the usual words stand below each other.
_CELLS = (0, len("critical"), len("datasync"), len("migration_success"), 0)
_NUMBERS_SHOWN = 4


def event_row(stored: StoredEvent, zone: ZoneInfo) -> tuple[str, ...]:
    """A line of a table with HEADER; what may be long stands last."""
    event = stored.event
    numbers = _numbers_text(event.metrics)
    message = f"{event.message} ({numbers})" if numbers else event.message
    shown = (local_text(stored.occurred_at, zone), event.level, event.service, event.event_type, message)
    return tuple(map(printable, shown))


def event_line(stored: StoredEvent, zone: ZoneInfo) -> str:
    """The same as a line of its own."""
    padded = (
        text + " " * (cells - cell_len(text)) for text, cells in zip(event_row(stored, zone), _CELLS, strict=True)
    )
    return "  ".join(padded).rstrip()


def _numbers_text(metrics: Mapping[str, Any]) -> str:
    """`records_synced 1000, duration_seconds 30.5, and 2 more`."""
    numbers = [f"{name} {_plain(value)}" for name, value in metrics.items() if _is_number(value)]
    more = len(numbers) - _NUMBERS_SHOWN
    return ", ".join([*numbers[:_NUMBERS_SHOWN], *([f"and {more} more"] if more > 0 else [])])


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _plain(number: float) -> str:
    return f"{number:g}" if isinstance(number, float) else str(number)


def event_object(stored: StoredEvent) -> dict[str, Any]:
    """The seven keys as they came, with the id, and when the event came in."""
    return {"id": stored.id, **json.loads(stored.body), "received_at": utc_text(stored.received_at)}
