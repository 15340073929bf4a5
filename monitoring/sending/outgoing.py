"""The way to the other side: events are written to the disk first, from where a thread of their own sends them."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import RLock

from consistency.events import WrittenEvent
from monitoring.emitting.complaints import Complaints
from monitoring.emitting.tally import Tally
from monitoring.sending.deliveries import Deliveries
from monitoring.sending.sender import Sender
from monitoring.sending.spool import Spool
from monitoring.transports.transport import Transport

_TOGETHER = 500


class Outgoing:
    """A Way; `open_way` is called in the sender's thread, and may raise what it likes."""

    def __init__(self, folder: Path, open_way: Callable[[], Transport], tally: Tally, complaints: Complaints) -> None:
        self._tally, self._complaints = tally, complaints
        self._spool = Spool(folder)
        self._deliveries = Deliveries(self._spool, open_way, tally, complaints)
        self._sender = Sender(self._deliveries, complaints)
        self._counting = RLock()
        self._kept = 0

    def keep(self, events: Sequence[WrittenEvent]) -> None:
        # In pieces, so that others who write at once get their turn.
        for start in range(0, len(events), _TOGETHER):
            self._write(events[start : start + _TOGETHER])
        # While the interpreter is ending no thread is started any more; what is on the disk is sent by others.
        with suppress(RuntimeError):
            self._sender.wake()

    def waiting(self) -> int:
        return len(self._deliveries) + self._spool.waiting()

    def settle(self, deadline: float, *, patient: bool = True) -> bool:
        return self._sender.settle(self._kept, deadline, patient=patient)

    def close(self, deadline: float) -> None:
        self.settle(deadline, patient=False)
        self._sender.end(deadline)
        self._spool.close()
        self._drop(self._deliveries.give_up(), "the process ends, and the disk takes none")

    def forget_inherited(self) -> None:
        self._spool.forget_inherited()

    def _write(self, events: Sequence[WrittenEvent]) -> None:
        try:
            self._spool.append(events)
        except OSError as error:
            why = f"{self._spool.folder} cannot be written: {error.strerror or error}"
            self._complaints.say("events.in_memory", why, len(events))
            lost = self._deliveries.hold(events)
            self._count(len(events) - lost)
            self._drop(lost, why)
        else:
            self._count(len(events))
            self._tally.add("spooled", len(events))

    def _count(self, kept: int) -> None:
        with self._counting:
            self._kept += kept

    def _drop(self, count: int, why: str) -> None:
        if count:
            self._tally.add("dropped", count)
            self._complaints.say("events.dropped", why, count)
