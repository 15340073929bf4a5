"""A callback that counts events for Prometheus."""

from functools import cache
from typing import TYPE_CHECKING

from consistency.events import Event

if TYPE_CHECKING:
    from prometheus_client import Counter


def prometheus_callback(event: Event) -> None:
    """Add one to `reconcilery_events_total{type, level}` of the usual registry, which is the program's to serve."""
    _counter().labels(type=event.event_type, level=event.level).inc()


@cache
def _counter() -> "Counter":
    from prometheus_client import Counter  # noqa: PLC0415 - only who counts pays for it

    return Counter("reconcilery_events", "Events of this process.", ("type", "level"))
