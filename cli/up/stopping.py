"""Ctrl-C and its kin as two plain questions: shall we stop, and shall we hurry?"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopping:
    """The first signal asks for an orderly stop, the second for a quick one."""

    def __init__(self) -> None:
        self.requested = threading.Event()
        self.hurried = threading.Event()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Takes over the signals for the time of the block; only the main thread can."""
        before = {number: signal.signal(number, self._note) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        if self.requested.is_set():
            self.hurried.set()
        self.requested.set()
