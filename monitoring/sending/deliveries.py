"""One attempt to bring everything to the other side: what lies in memory, on the disk, and left behind by others."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from consistency.events import WrittenEvent
from monitoring.emitting.complaints import Complaints
from monitoring.emitting.tally import Tally
from monitoring.sending.adopting import whole_events
from monitoring.sending.refused import keep_refused
from monitoring.sending.spool import Spool
from monitoring.sending.spool_files import TOGETHER, SpoolFile, files_left_behind
from monitoring.transports.recent import Recent
from monitoring.transports.transport import Refused, Transport

#: How many events are held in memory at most while the disk takes none.
MOST_HELD = 10_000
#: After how many seconds of work it is looked again whether others have left something.
_LOOK_AROUND = 30.0


class Deliveries:
    """Used by one thread, but for what is held in memory. `open_way` may raise what it likes, if not now."""

    def __init__(
        self,
        spool: Spool,
        open_way: Callable[[], Transport],
        tally: Tally,
        complaints: Complaints,
    ) -> None:
        self._spool, self._open_way = spool, open_way
        self._tally, self._complaints = tally, complaints
        self._way: Transport | None = None
        self._held: deque[WrittenEvent] = deque()
        self._left: SpoolFile | None = None
        self._looked = float("-inf")
        #: How many events of this process have been taken or refused so far.
        self.settled = 0

    def __len__(self) -> int:
        """Events in memory."""
        return len(self._held)

    def hold(self, events: Iterable[WrittenEvent]) -> int:
        """Keep them in memory because the disk takes none; how many found no room."""
        found = list(events)
        room = max(0, MOST_HELD - len(self._held))
        self._held.extend(found[:room])
        return len(found) - min(room, len(found))

    def give_up(self) -> int:
        """Forget what is held in memory; how many."""
        count = len(self._held)
        self._held.clear()
        return count

    def deliver(self, goes_on: Callable[[], bool]) -> None:
        """Send until nothing is left, or `goes_on`, asked between batches, says no; Unreachable if nobody takes any.

        What others have left goes out in turns with what is new, which may be more urgent.
        """
        way = self._opened()
        busy = True
        while busy and goes_on():
            busy = any([self._send_held(way), self._send_own(way), self._send_left(way)])

    def close(self) -> None:
        if self._left is not None:
            self._left.put_down()
            self._left = None
        if self._way is not None:
            self._way.close()
            self._way = None

    def _opened(self) -> Transport:
        if self._way is None:
            self._way = self._open_way()
        return self._way

    def _send_held(self, way: Transport) -> bool:
        batch = [self._held[number] for number in range(min(TOGETHER, len(self._held)))]
        self._send(way, batch)
        for _ in batch:
            self._held.popleft()
        self.settled += len(batch)
        return bool(batch)

    def _send_own(self, way: Transport) -> bool:
        if not self._spool.unsent:
            return False
        if self._left is None:
            self._left = self._spool.hand_over_if_full()
        elif self._spool.put_down_if_full():
            self._look_soon()
        batch, end = self._spool.read()
        self._send(way, batch)
        self._spool.forget(end, len(batch))
        self.settled += len(batch)
        return True

    def _send_left(self, way: Transport) -> bool:
        self._left = self._left or self._next_left(way)
        if self._left is None:
            return False
        events, end, lines = whole_events(self._left)
        self._send(way, events)
        self._left.forget(end, lines)
        ours = self._spool.credit(self._left, lines)
        if not self._left.unsent:
            self._left.put_down()
            self._left = None
            self._look_soon()
        if ours:
            self.settled += lines
        else:
            self._tally.add("adopted", len(events))
        return True

    def _next_left(self, way: Transport) -> SpoolFile | None:
        # What others have left for the other side must not end in the memory of this process.
        if isinstance(way, Recent) or time.monotonic() - self._looked < _LOOK_AROUND:
            return None
        self._looked = time.monotonic()
        return next(files_left_behind(self._spool.folder), None)

    def _look_soon(self) -> None:
        self._looked = float("-inf")

    def _send(self, way: Transport, batch: Sequence[WrittenEvent]) -> None:
        if not batch:
            return
        refused = way.send(batch)
        self._tally.add("sent", len(batch) - len(refused))
        if refused:
            self._lay_aside(refused)

    def _lay_aside(self, refused: Sequence[Refused]) -> None:
        self._tally.add("refused", len(refused))
        text = f"{refused[0].event.id}: {refused[0].reason}; they lie in refused.jsonl"
        try:
            keep_refused(self._spool.folder, refused)
        except OSError as error:
            text = f"{refused[0].event.id}: {refused[0].reason}; they are lost: {error.strerror}"
        self._complaints.say("events.refused", text, len(refused))
