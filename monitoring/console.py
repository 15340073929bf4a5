"""A callback that prints each event on one line."""

import sys

from consistency.events import Event
from consistency.one_line import one_line

_LONGEST = 1_000


def console_callback(event: Event) -> None:
    """Print moment, level, service, type and message, then the metrics, to standard output."""
    numbers = "".join(f"  {name}={value}" for name, value in event.metrics.items())
    text = f"{event.timestamp}  {event.level:<8}  {event.service}  {event.event_type}  {event.message}{numbers}"
    sys.stdout.write(one_line(text, _LONGEST) + "\n")
    sys.stdout.flush()
