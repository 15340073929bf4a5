"""The way of an event from the program that emits it to the disk, from where the sender takes it.

Ordinary events wait in memory for at most a twentieth of a second, until a thread of their own writes them down. Grave
ones are written at once by whoever emits them, so that they outlive the very next moment.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import RLock, Thread

from consistency.events import WrittenEvent
from monitoring.buffer import Buffer, Gathered
from monitoring.complaints import Complaints
from monitoring.deliveries import Deliveries
from monitoring.sender import Sender
from monitoring.spool import Spool
from monitoring.tally import Tally
from monitoring.transports.transport import Transport

_TOGETHER = 500


class Outgoing:
    """Safe for threads. `open_way` is called in the sender's thread; it may raise what it likes."""

    def __init__(self, folder: Path, open_way: Callable[[], Transport], tally: Tally, complaints: Complaints) -> None:
        self._tally, self._complaints = tally, complaints
        self._buffer, self._spool = Buffer(), Spool(folder)
        self._deliveries = Deliveries(self._spool, open_way, tally, complaints)
        self._sender = Sender(self._deliveries, complaints)
        self._starting = RLock()
        self._writer: Thread | None = None
        self._closed = False

    def put(self, event: WrittenEvent, *, grave: bool) -> None:
        """Take charge of it; never raises."""
        if grave or self._closed or not self._buffer.put(event):
            self._write_down([event])
            return
        if self._writer is None:
            self._start()
        if self._closed:
            self._write_gathered(self._buffer.rest())

    def waiting(self) -> int:
        """How many are neither sent nor given up."""
        return len(self._buffer) + len(self._deliveries) + self._spool.waiting()

    def settle(self, deadline: float, *, patient: bool = True) -> bool:
        """Whether everything that was put in before was sent by then (time.monotonic)."""
        if self._writer is not None and not self._closed:
            self._buffer.mark().wait(max(0.0, deadline - time.monotonic()))
        return self._sender.settle(deadline, patient=patient) and not len(self._buffer)

    def close(self, deadline: float) -> None:
        """Send what can be sent by then, and leave the rest on the disk; may be called again."""
        if self._closed:
            return
        self.settle(deadline, patient=False)
        self._closed = True
        if self._writer is not None:
            self._buffer.mark()
            self._writer.join(max(0.0, deadline - time.monotonic()))
        self._write_gathered(self._buffer.rest())
        self._sender.end(deadline)
        self._spool.close()
        self._drop(self._deliveries.give_up(), "the process ends, and the disk takes none")

    def forget_inherited(self) -> None:
        """In a forked child: let go of what the parent has open."""
        self._spool.forget_inherited()

    def _start(self) -> None:
        with self._starting:
            if self._writer is None:
                writer = Thread(target=self._run, name="reconcilery-events-writer", daemon=True)
                try:
                    writer.start()
                except RuntimeError:  # The interpreter is ending, and starts no thread any more.
                    self._write_gathered(self._buffer.rest())
                else:
                    self._writer = writer

    def _run(self) -> None:
        while not self._closed:
            self._write_gathered(self._buffer.gather())

    def _write_gathered(self, gathered: Gathered) -> None:
        self._write_down(gathered.events)
        for flag in gathered.waiting:
            flag.set()

    def _write_down(self, events: Sequence[WrittenEvent]) -> None:
        for start in range(0, len(events), _TOGETHER):
            self._write(events[start : start + _TOGETHER])
        if events:
            self._wake()

    def _write(self, events: Sequence[WrittenEvent]) -> None:
        try:
            self._spool.append(events)
        except OSError as error:
            why = f"{self._spool.folder} cannot be written: {error.strerror or error}"
            self._complaints.say("events.in_memory", why, len(events))
            self._drop(self._deliveries.hold(events), why)
        else:
            self._tally.add("spooled", len(events))

    def _wake(self) -> None:
        # While the interpreter is ending no thread is started any more; what is on the disk is sent by others.
        with suppress(RuntimeError):
            self._sender.wake()

    def _drop(self, count: int, why: str) -> None:
        if count:
            self._tally.add("dropped", count)
            self._complaints.say("events.dropped", why, count)
