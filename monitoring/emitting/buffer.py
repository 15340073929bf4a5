"""What lies between a program and the thread that takes its events further: putting in never waits.

A SimpleQueue is written in C: it neither gives up the interpreter's lock nor polls, and wakes only who sleeps.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Event as Flag

from consistency.events import Draft

MOST = 10_000
#: Events larger than this count for more, so that a full buffer holds about 100 MB at most.
_LARGE = 4_096
_MOST_LARGE = 1_000
LINGER_SECONDS = 0.05


@dataclass(slots=True)
class Gathered:
    """Events in their order, and who waits until they have been taken further."""

    events: list[Draft] = field(default_factory=list)
    waiting: list[Flag] = field(default_factory=list)


class Buffer:
    """Bounded; filled by all threads, emptied by one."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Draft | Flag] = SimpleQueue()
        self._hurry = Flag()

    def __len__(self) -> int:
        return self._queue.qsize()

    def put(self, draft: Draft) -> bool:
        """Whether there was room."""
        size = self._queue.qsize()
        if size >= MOST or (size >= _MOST_LARGE and len(draft.tables) > _LARGE):
            return False
        self._queue.put(draft)
        return True

    def mark(self) -> Flag:
        """Comes out after everything that was put in before, and makes it come out soon."""
        flag = Flag()
        self._queue.put(flag)
        self._hurry.set()
        return flag

    def gather(self) -> Gathered:
        """Sleep until there is something, linger for what follows it, and take all."""
        gathered = Gathered()
        self._take(self._queue.get, gathered)
        if not gathered.waiting:
            self._hurry.wait(LINGER_SECONDS)
        self._hurry.clear()
        return self._rest(gathered)

    def rest(self) -> Gathered:
        """What is there now, without waiting."""
        return self._rest(Gathered())

    def _rest(self, gathered: Gathered) -> Gathered:
        try:
            for _ in range(MOST):
                self._take(self._queue.get_nowait, gathered)
        except Empty:
            pass
        return gathered

    @staticmethod
    def _take(get: Callable[[], Draft | Flag], gathered: Gathered) -> None:
        found = get()
        if isinstance(found, Flag):
            gathered.waiting.append(found)
        else:
            gathered.events.append(found)
