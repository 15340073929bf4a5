"""The thread that takes events further: to the callbacks, and then on their way.

A program that emits one thus puts it into a queue and does no more; only what is grave it brings on its way itself, so
that it outlives the very next moment.
"""

from itertools import count
from threading import RLock, Thread

from consistency.event_checks import sealed
from consistency.events import Draft
from monitoring.emitting.buffer import Buffer, Gathered
from monitoring.emitting.callbacks import Callbacks
from monitoring.emitting.complaints import log
from monitoring.emitting.deadlines import seconds_left
from monitoring.emitting.leaving import watch_end_of_child
from monitoring.emitting.tally import Tally
from monitoring.emitting.way import Way

_GRAVE = frozenset({"error", "critical"})


class Dispatcher:
    """Safe for threads; the thread is started by the first event, and sleeps without polling when there is none.

    `way` may be replaced at any time.
    """

    def __init__(self, callbacks: Callbacks, way: Way, tally: Tally) -> None:
        self._callbacks, self.way, self._tally = callbacks, way, tally
        self._buffer = Buffer()
        self._starting = RLock()
        self._thread: Thread | None = None
        self._closed = False
        # Counting with a lock would let a program wait for a thread that is not running just then.
        self._counter, self._read = count(), 0

    def put(self, draft: Draft) -> None:
        """Take charge of it; never raises."""
        next(self._counter)
        if draft.level in _GRAVE or self._closed:
            self.way.keep([sealed(draft)])
            draft = draft._replace(is_under_way=True)
        if not self._buffer.put(draft):
            self._do_without_callbacks(draft)
        if self._thread is None:
            self._start()
        if self._closed:
            self._take_further(self._buffer.rest())

    def emitted(self) -> int:
        """How many there were."""
        with self._starting:
            self._read += 1
            return next(self._counter) - self._read + 1

    def waiting(self) -> int:
        """How many are neither sent nor given up."""
        return len(self._buffer) + self.way.waiting()

    def settle(self, deadline: float) -> bool:
        """Whether everything that was put in before has been taken further by then (time.monotonic)."""
        if self._thread is None or self._closed:
            return len(self._buffer) == 0
        return self._buffer.mark().wait(seconds_left(deadline))

    def close(self, deadline: float) -> None:
        """Take everything further; what comes later goes on its way at once, past the callbacks."""
        self.settle(deadline)
        self._closed = True
        if self._thread is not None:
            self._buffer.mark()
            self._thread.join(seconds_left(deadline))
        self._take_further(self._buffer.rest())

    def _start(self) -> None:
        with self._starting:
            if self._thread is None and not self._closed:
                thread = Thread(target=self._run, name="reconcilery-events", daemon=True)
                try:
                    thread.start()
                except RuntimeError:  # The interpreter is ending, and starts no thread any more.
                    self._take_further(self._buffer.rest())
                else:
                    self._thread = thread
                    watch_end_of_child()

    def _run(self) -> None:
        while not self._closed:
            try:
                self._take_further(self._buffer.gather())
            except Exception:  # noqa: BLE001 - what comes next must find this thread alive
                log.exception("events.lost: some could not be taken further")

    def _take_further(self, gathered: Gathered) -> None:
        ordinary = []
        for draft in gathered.events:
            written = sealed(draft)
            self._callbacks.offer(draft, written)
            if not draft.is_under_way:
                ordinary.append(written)
        if ordinary:
            self.way.keep(ordinary)
        for flag in gathered.waiting:
            flag.set()

    def _do_without_callbacks(self, draft: Draft) -> None:
        self._tally.add("callbacks_dropped", len(self._callbacks))
        if not draft.is_under_way:
            self.way.keep([sealed(draft)])
