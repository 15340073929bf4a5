"""Calls of code that we have not written, each left behind when it takes too long."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from datetime import timedelta
from typing import TypeVar

from consistency.durations import duration_text

Result = TypeVar("Result")
_MOST_AT_ONCE = 8


class LeftBehind(Exception):
    """The call has not ended in time, or too many before it have not; what it says is one line."""


class BoundedCalls:
    """Python cannot stop a call, so one that is late goes on by itself; at most `most` are under way at one time."""

    def __init__(self, name: str, most: int = _MOST_AT_ONCE) -> None:
        self._name = name
        self._most = most
        self._places = threading.Semaphore(most)

    def call(self, function: Callable[[], Result], limit: timedelta) -> Result:
        """What the function returns or raises, SystemExit included; LeftBehind when it is late."""
        if not self._places.acquire(blocking=False):
            raise LeftBehind(f"{self._most} calls before this one are still under way")
        future: Future[Result] = Future()
        threading.Thread(target=self._run, args=(function, future), name=self._name, daemon=True).start()
        wait([future], limit.total_seconds())
        if not future.done():
            raise LeftBehind(f"it took longer than {duration_text(limit)} and was left behind")
        return future.result()

    def _run(self, function: Callable[[], Result], future: "Future[Result]") -> None:
        try:
            result = function()
        except BaseException as error:  # noqa: BLE001 - raised again by whoever waits for it
            self._places.release()
            future.set_exception(error)
        else:
            self._places.release()
            future.set_result(result)
