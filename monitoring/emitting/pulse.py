"""Signs of life: a service that promises the next one, and keeps the promise from a thread of its own."""

import os
import platform
from collections.abc import Callable
from datetime import timedelta
from threading import Event as Flag
from threading import Thread
from typing import Any

from consistency.errors import BadRequest
from consistency.events import EventLevel, EventType

_SHORTEST, _LONGEST = 1.0, 604_800.0
_LAST_SECONDS = 1.0


class Pulse:
    """BadRequest unless `every` is from a second to a week."""

    def __init__(self, emit: Callable[..., Any], every: float | timedelta) -> None:
        self._emit = emit
        self._every = _seconds(every)
        self._over = Flag()
        self._instance = f"{platform.node()}:{os.getpid()}"
        self._thread = Thread(target=self._run, name="reconcilery-events-pulse", daemon=True)

    def start(self) -> None:
        """The first sign comes at once, from this thread."""
        self._tell("running")
        self._thread.start()

    def stop(self) -> None:
        """Say goodbye, so that nobody misses it."""
        if self._over.is_set():
            return
        self._over.set()
        # What it says last must be that it has stopped.
        self._thread.join(_LAST_SECONDS)
        self._tell("stopped")

    def _run(self) -> None:
        while not self._over.wait(self._every):
            self._tell("running")

    def _tell(self, status: str) -> None:
        details = {"status": status, "instance": self._instance, "heartbeat_seconds": self._every}
        self._emit(EventType.SERVICE_STATUS, EventLevel.INFO, f"{self._instance} is {status}", details)


def _seconds(every: float | timedelta) -> float:
    seconds = every.total_seconds() if isinstance(every, timedelta) else every
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not _SHORTEST <= seconds <= _LONGEST:
        raise BadRequest("every: a heartbeat comes every second to every week; give seconds, such as 60")
    return seconds
