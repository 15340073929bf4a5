"""What lies between a program and the thread that writes its events down: putting in never waits.

A SimpleQueue is written in C: it neither gives up the interpreter's lock nor polls, and wakes only who sleeps.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Event as Flag

from consistency.events import WrittenEvent

MOST = 10_000
#: Events larger than this count for more, so that a full buffer holds about 100 MB at most.
_LARGE = 4_096
_MOST_LARGE = 1_000
LINGER_SECONDS = 0.05


@dataclass(slots=True)
class Gathered:
    """Events in their order, and who waits until they are written."""

    events: list[WrittenEvent] = field(default_factory=list)
    waiting: list[Flag] = field(default_factory=list)


class Buffer:
    """Bounded; filled by all threads, emptied by one."""

    def __init__(self, linger: float = LINGER_SECONDS) -> None:
        self._queue: SimpleQueue[WrittenEvent | Flag] = SimpleQueue()
        self._linger = linger
        self._hurry = Flag()

    def __len__(self) -> int:
        return self._queue.qsize()

    def put(self, event: WrittenEvent) -> bool:
        """Whether there was room."""
        size = self._queue.qsize()
        if size >= MOST or (size >= _MOST_LARGE and len(event.body) > _LARGE):
            return False
        self._queue.put(event)
        return True

    def mark(self) -> Flag:
        """Set by `gather`'s caller once everything that was put in before is written; makes it hurry."""
        flag = Flag()
        self._queue.put(flag)
        self._hurry.set()
        return flag

    def gather(self) -> Gathered:
        """Sleep until there is something, linger for what follows it at once, and take all."""
        gathered = Gathered()
        self._take(self._queue.get, gathered)
        if not gathered.waiting:
            self._hurry.wait(self._linger)
        self._hurry.clear()
        return self.rest(gathered)

    def rest(self, gathered: Gathered | None = None) -> Gathered:
        """What is there now, without waiting."""
        found = gathered or Gathered()
        try:
            for _ in range(MOST):
                self._take(self._queue.get_nowait, found)
        except Empty:
            pass
        return found

    @staticmethod
    def _take(get: Callable[[], WrittenEvent | Flag], gathered: Gathered) -> None:
        found = get()
        if isinstance(found, Flag):
            gathered.waiting.append(found)
        else:
            gathered.events.append(found)
