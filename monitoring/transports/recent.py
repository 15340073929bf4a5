"""Where events go that lead nowhere: into the memory of the process, which forgets the oldest."""

from collections import deque
from collections.abc import Sequence
from threading import RLock

from consistency.events import WrittenEvent
from monitoring.transports.transport import Refused

MOST = 10_000
_MOST_BYTES = 32 * 1024 * 1024


class Recent:
    """The last 10,000 events, or fewer if they are long; both a Way and a Transport, and safe for threads."""

    name = "the memory of this process"

    def __init__(self) -> None:
        self._lock = RLock()
        self._events: deque[WrittenEvent] = deque()
        self._bytes = 0

    def __call__(self) -> Sequence[WrittenEvent]:
        """What is remembered, oldest first."""
        with self._lock:
            return list(self._events)

    def keep(self, events: Sequence[WrittenEvent]) -> None:
        """Remember them."""
        with self._lock:
            for event in events:
                self._events.append(event)
                self._bytes += len(event.body)
            while len(self._events) > MOST or self._bytes > _MOST_BYTES:
                self._bytes -= len(self._events.popleft().body)

    def send(self, events: Sequence[WrittenEvent]) -> Sequence[Refused]:
        """The same, for a sender."""
        self.keep(events)
        return ()

    def take_all(self) -> Sequence[WrittenEvent]:
        """What is remembered, which is then forgotten."""
        with self._lock:
            found = list(self._events)
            self._events.clear()
            self._bytes = 0
            return found

    def waiting(self) -> int:
        """Nothing waits, for nothing goes any further."""
        return 0

    def settle(self, deadline: float, *, patient: bool = True) -> bool:  # noqa: ARG002 - a Way is asked like this
        return True

    def close(self, deadline: float = 0.0) -> None:
        """There is nothing to close."""

    def forget_inherited(self) -> None:
        """Nothing is open."""
