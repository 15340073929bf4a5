"""The tail of events on the terminal: it looks again and again, and waits an outage of the ledger out."""

import time
from collections.abc import Callable

from api.views.following import MOST_LOOKING, Following
from cli.interrupts import sleep_in_slices
from cli.ledger import reading
from cli.terminal import note
from consistency.errors import DatabaseUnavailable
from consistency.ledger.events import StoredEvent
from consistency.resources import Resources

_PAUSE, _PAUSE_WITHOUT = 0.5, 2.0


def follow(
    resources: Resources, following: Following, show: Callable[[StoredEvent], None], stop_if_pressed: Callable[[], None]
) -> None:
    """Show what comes in until `stop_if_pressed` raises; an outage of the ledger is waited out."""
    reached = True
    while True:
        began = time.monotonic()
        try:
            with reading(resources) as (connection, now):
                found = following.look(connection, now)
        except DatabaseUnavailable as error:
            if reached:
                note(f"Note: {error}; trying again")
            reached = False
        else:
            if not reached:
                note("Note: the ledger answers again")
            reached = True
            for stored in found:
                show(stored)
        stop_if_pressed()
        if not (reached and following.has_more):
            pause = max(_PAUSE if reached else _PAUSE_WITHOUT, (time.monotonic() - began) / MOST_LOOKING)
            sleep_in_slices(pause, stop_if_pressed)
