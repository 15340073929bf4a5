"""A callback for frequent events: it gathers for a moment, and hands them on together."""

import sys
import threading
from collections.abc import Callable

from monitoring.monitor_interface import Event

MOST = 500


class Batches:
    """Calls `tell` with all events of some seconds, from a thread of its own; at most about 500 at once."""

    def __init__(self, tell: Callable[[list[Event]], None], seconds: float) -> None:
        self._tell, self._seconds = tell, seconds
        self._gathered: list[Event] = []
        self._changing = threading.Lock()

    def __call__(self, event: Event) -> None:
        with self._changing:
            self._gathered.append(event)
            first, full = len(self._gathered) == 1, len(self._gathered) >= MOST
        if full:
            self.hand_on()
        elif first:
            timer = threading.Timer(self._seconds, self.hand_on)
            timer.daemon = True
            timer.start()

    def hand_on(self) -> None:
        """Tell of what was gathered, if anything was; called once more when the program ends, after `flush`."""
        with self._changing:
            events, self._gathered = self._gathered, []
        try:
            if events:
                self._tell(events)
        except Exception as error:  # noqa: BLE001 - nobody would see what a timer's thread raises
            print(f"{len(events)} events were not told: {type(error).__name__}", file=sys.stderr)
