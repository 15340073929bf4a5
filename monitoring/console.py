"""A callback that prints each event on one line."""

import sys
from itertools import islice

from consistency.events import Event
from consistency.one_line import one_line

_LONGEST = 1_000
_MOST_NUMBERS = 20


def console_callback(event: Event) -> None:
    """Print moment, level, service, type and message, then the first metrics, to standard output."""
    parts = (event.timestamp, f"{event.level:<8}", event.service, event.event_type, one_line(event.message, _LONGEST))
    numbers = (one_line(f"{name}={value}") for name, value in event.metrics.items())
    # One piece, so that lines of several threads do not mix.
    sys.stdout.write("  ".join((*parts, *islice(numbers, _MOST_NUMBERS))) + "\n")
    sys.stdout.flush()
