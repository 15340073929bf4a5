"""The functions of the program that are told of events."""

from threading import RLock

from consistency.events import Draft, WrittenEvent
from consistency.json_faults import shown
from monitoring.emitting.complaints import Complaints
from monitoring.emitting.deadlines import seconds_left
from monitoring.emitting.listener import Callback, Listener
from monitoring.emitting.tally import Tally
from monitoring.emitting.wanted import Wanted


class Callbacks:
    """All of a process; safe for threads."""

    def __init__(self, tally: Tally, complaints: Complaints) -> None:
        self._tally, self._complaints = tally, complaints
        self._changing = RLock()
        self._listeners: tuple[Listener, ...] = ()

    def __len__(self) -> int:
        return len(self._listeners)

    def register(self, callback: Callback, wanted: Wanted) -> None:
        """Tell it from now on; one that is registered already gets new wishes."""
        if not callable(callback):
            raise TypeError(f"callback: {shown(callback)} cannot be called; give a function")
        with self._changing:
            self.unregister(callback)
            self._listeners += (Listener(callback, wanted, self._tally, self._complaints),)

    def unregister(self, callback: Callback) -> bool:
        """Tell it no more; whether it was registered."""
        with self._changing:
            gone = [each for each in self._listeners if each.callback == callback]
            self._listeners = tuple(each for each in self._listeners if each not in gone)
        for listener in gone:
            listener.end()
        return bool(gone)

    def offer(self, draft: Draft, written: WrittenEvent) -> None:
        """Tell those who want it; never waits."""
        for listener in self._listeners:
            if listener.wanted.fits(draft.event_type, draft.level):
                listener.offer(written)

    def settle(self, deadline: float) -> bool:
        """Whether everything that was offered before has been told by then (time.monotonic)."""
        flags = [flag for listener in self._listeners if (flag := listener.mark()) is not None]
        return all(flag.wait(seconds_left(deadline)) for flag in flags)

    def end(self) -> None:
        """Call none any more; what is offered already may still be told."""
        with self._changing:
            gone, self._listeners = self._listeners, ()
        for listener in gone:
            listener.end()

    def take_over(self, other: "Callbacks") -> None:
        """The same callbacks as the other's, with empty queues and threads of their own."""
        for listener in other._listeners:  # noqa: SLF001 - one of its own kind
            self.register(listener.callback, listener.wanted)
