"""What happens to the events of a process that forks or ends."""

import atexit
import os
import sys
import time
import weakref
from typing import Any, Protocol

from monitoring.emitting.deadlines import seconds_left

#: How long a process that ends waits for its events, in seconds.
LAST_SECONDS = 5.0
#: In their children, atexit is never reached.
_FORKING = ("multiprocessing.util", "billiard.util")
_FIRST = 100


class Leaving(Protocol):
    """Somebody with threads of their own."""

    def begin_anew(self) -> None:
        """In a forked child: none of the parent's threads is there."""

    def close(self, timeout: float = LAST_SECONDS) -> None:
        """The process ends."""


_forking: weakref.WeakSet[Any] = weakref.WeakSet()
_open: set[Any] = set()


def remember(one: Leaving) -> None:
    """Let it know when the process forks, and when it ends; until `forget`, it is kept alive for that."""
    _forking.add(one)
    _open.add(one)


def forget(one: Leaving) -> None:
    """It has been closed already."""
    _open.discard(one)


def watch_end_of_child() -> None:
    """Also know the end of a process that multiprocessing or Celery has forked; called when it has begun its work."""
    for name in _FORKING:
        module = sys.modules.get(name)
        if module is not None:
            module.Finalize(None, close_all, exitpriority=_FIRST)


def close_all() -> None:
    """All of them together have LAST_SECONDS."""
    deadline = time.monotonic() + LAST_SECONDS
    for one in list(_open):
        one.close(seconds_left(deadline))


def _begin_anew() -> None:
    for one in list(_forking):
        one.begin_anew()


atexit.register(close_all)
os.register_at_fork(after_in_child=_begin_anew)
