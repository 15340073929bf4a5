"""Where events go that lead nowhere: into the memory of the process, which forgets the oldest."""

from collections import deque
from collections.abc import Sequence
from threading import RLock

from consistency.events import WrittenEvent
from monitoring.transports.transport import Refused

MOST = 10_000
_MOST_BYTES = 32 * 1024 * 1024


class Recent:
    """The last 10,000 events, or fewer if they are long; a way out, but safe for threads."""

    name = "the memory of this process"

    def __init__(self) -> None:
        self._lock = RLock()
        self._events: deque[WrittenEvent] = deque()
        self._bytes = 0

    def __call__(self) -> Sequence[WrittenEvent]:
        """What is remembered, oldest first."""
        with self._lock:
            return list(self._events)

    def put(self, event: WrittenEvent) -> None:
        """Remember one more."""
        with self._lock:
            self._events.append(event)
            self._bytes += len(event.body)
            while len(self._events) > MOST or self._bytes > _MOST_BYTES:
                self._bytes -= len(self._events.popleft().body)

    def send(self, events: Sequence[WrittenEvent]) -> Sequence[Refused]:
        """Always taken."""
        for event in events:
            self.put(event)
        return ()

    def take_all(self) -> Sequence[WrittenEvent]:
        """What is remembered, which is then forgotten."""
        with self._lock:
            found, self._events, self._bytes = list(self._events), deque(), 0
            return found

    def close(self) -> None:
        """There is nothing to close."""
