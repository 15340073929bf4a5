"""Threads of one process standing in line: who came first goes first, so that nobody starves."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Line:
    """One thread at a time is at the front."""

    def __init__(self) -> None:
        self._moved = threading.Condition()
        self._standing: deque[object] = deque()

    def __len__(self) -> int:
        return len(self._standing)

    @contextmanager
    def front(self, deadline: float) -> Iterator[int]:
        """Wait until `deadline` (monotonic seconds) for the front; the value is how many stand before me: 0 is it."""
        me = object()
        with self._moved:
            self._standing.append(me)
        try:
            with self._moved:
                self._moved.wait_for(lambda: self._standing[0] is me, max(0.0, deadline - time.monotonic()))
                before = self._standing.index(me)
            yield before
        finally:
            with self._moved:
                self._standing.remove(me)
                self._moved.notify_all()
