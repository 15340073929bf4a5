"""The thread that brings events from the disk to the other side, as often as it takes."""

import random
import threading
from threading import Condition, Thread

from consistency.errors import ReconcileryError
from consistency.one_line import one_line
from monitoring.emitting.complaints import Complaints, log
from monitoring.emitting.deadlines import seconds_left
from monitoring.sending.deliveries import Deliveries

_SHORTEST, _LONGEST = 0.5, 30.0


class Sender:
    """Started by the first event; sleeps without polling while there is nothing to send."""

    def __init__(self, deliveries: Deliveries, complaints: Complaints) -> None:
        self._deliveries = deliveries
        self._complaints = complaints
        self._changed = Condition()
        self._thread: Thread | None = None
        self._work = self._busy = self._hurry = self._ending = False
        self._failures = 0

    def wake(self) -> None:
        """There is something to send. RuntimeError if the interpreter ends and no thread can be started any more."""
        with self._changed:
            self._work = True
            if self._thread is None:
                thread = Thread(target=self._run, name="reconcilery-events-sender", daemon=True)
                thread.start()
                self._thread = thread
            self._changed.notify_all()

    def settle(self, kept: int, deadline: float, *, patient: bool = True) -> bool:
        """Whether the first `kept` events, or all there are, were sent by then (time.monotonic).

        An impatient one gives up after a vain attempt.
        """
        with self._changed:
            if self._thread is None or self._ending:
                return self._sent(kept)
            self._hurry = True
            self._changed.notify_all()
            vain = self._failures + 1
            self._changed.wait_for(
                lambda: self._sent(kept) or (not patient and self._failures >= vain), seconds_left(deadline)
            )
            return self._sent(kept)

    def end(self, deadline: float) -> None:
        """Stop after the attempt under way, if that ends in time."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(seconds_left(deadline))

    def _sent(self, kept: int) -> bool:
        return self._deliveries.settled >= kept or not (self._work or self._busy)

    def _run(self) -> None:
        trouble = False
        delay = _SHORTEST
        while self._has_work():
            fault = self._attempt()
            self._note(fault)
            if fault:
                self._complaints.say("events.waiting", f"{fault}; they are kept and sent later")
                trouble = True
                delay = _SHORTEST if self._pause(delay) else min(2 * delay, _LONGEST)
            elif trouble:
                log.info("events.sent: they are taken again")
                trouble, delay = False, _SHORTEST
        self._deliveries.close()

    def _has_work(self) -> bool:
        """Wait until there is some; False when this is the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._work or self._ending)
            if self._ending:
                return False
            self._work, self._busy = False, True
            return True

    def _attempt(self) -> str:
        """Send all there is; the trouble in one line, or nothing."""
        try:
            self._deliveries.deliver(self._goes_on)
        except ReconcileryError as error:
            return str(error)
        except Exception as error:  # noqa: BLE001 - whatever a way out raises, events are kept and tried again
            return f"{type(error).__name__}: {one_line(error)}"
        return ""

    def _goes_on(self) -> bool:
        with self._changed:
            self._changed.notify_all()
            return not self._ending

    def _note(self, fault: str) -> None:
        with self._changed:
            self._busy = False
            if fault:
                self._work = True
                self._failures += 1
            self._changed.notify_all()

    def _pause(self, delay: float) -> bool:
        """Wait before the next attempt; whether somebody was in a hurry."""
        with self._changed:
            self._changed.wait_for(lambda: self._hurry or self._ending, delay * random.uniform(0.5, 1.0))
            hurried, self._hurry = self._hurry, False
            return hurried
