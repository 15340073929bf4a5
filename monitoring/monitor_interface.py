"""The interface through which services emit their events; importing it is light, and emitting never waits.

monitor = get_monitor_interface()
monitor.register_callback(print)
monitor.emit_event(EventType.SYNC_SUCCESS, EventLevel.INFO, "1000 records", metrics={"records_synced": 1000})
"""

import time
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar, overload

from consistency.events import Event, EventLevel, EventType
from monitoring.answers.answers import Answer, Answers
from monitoring.answers.asking import Asking
from monitoring.answers.questions import Questions
from monitoring.emitting.callbacks import Callbacks
from monitoring.emitting.complaints import Complaints
from monitoring.emitting.dispatcher import Dispatcher
from monitoring.emitting.leaving import LAST_SECONDS, forget, remember
from monitoring.emitting.listener import Callback
from monitoring.emitting.new_events import NewEvents
from monitoring.emitting.places import find_places
from monitoring.emitting.pulse import Pulse
from monitoring.emitting.tally import Counts, Tally
from monitoring.emitting.tracked import Tracked, tracked
from monitoring.emitting.wanted import Wanted
from monitoring.emitting.way import Way
from monitoring.sending.outgoing import Outgoing
from monitoring.sending.ways import open_way
from monitoring.transports.recent import Recent
from monitoring.transports.transport import Transport

__all__ = [
    "Event",
    "EventLevel",
    "EventType",
    "MonitorInterface",
    "get_monitor_interface",
    "setup_monitor_interface",
]

C = TypeVar("C", bound=Callback)
Names = Collection[str] | None
_HAND_OVER_SECONDS = 1.0


class MonitorInterface(Questions):
    """Safe for threads, asyncio and forks. Where events go is read from the settings when the first one is sent.

    `db_manager` is an SQLAlchemy engine, the text of a database's URL, or an object that has one of them; it is used
    where the settings name no place. `service` is who speaks, `folder` where events wait on the disk. A way out of
    your own is opened by `open_transport`, in each process anew.
    """

    def __init__(
        self,
        db_manager: object = None,
        *,
        service: str | None = None,
        folder: Path | None = None,
        open_transport: Callable[[], Transport] | None = None,
    ) -> None:
        places = find_places()
        self._new = NewEvents(places.service if service is None else service, places.event_types)
        self._folder = folder or places.folder
        self._leads_out = places.leads_out
        self._db_manager, self._open_transport = db_manager, open_transport
        self._inherited: list[object] = []
        self._begin()
        remember(self)

    def _begin(self) -> None:
        #: Events that are emitted from then on go to the disk, and to no callback.
        self.closed = False
        self._changing = RLock()
        self._pulse: Pulse | None = None
        self._recent = Recent()
        self._tally, self._complaints = Tally(), Complaints()
        self._callbacks = Callbacks(self._tally, self._complaints)
        self._asking = Asking(self._db_manager, self._recent)
        self._dispatcher = Dispatcher(self._callbacks, self._way(), self._tally)

    def _way(self) -> Way:
        """No further than the memory where nothing is set, so that nobody gets a folder without need."""
        if not self._leads_out and self._db_manager is None and self._open_transport is None:
            return self._recent
        opened = self._open_transport or partial(open_way, self._db_manager, self._recent)
        return Outgoing(self._folder, opened, self._tally, self._complaints)

    @property
    def service(self) -> str:
        """Who speaks."""
        return self._new.service

    @property
    def counts(self) -> Counts:
        """How many events went which way so far."""
        return self._tally.counts(self._dispatcher.emitted(), self._dispatcher.waiting())

    def emit_event(
        self,
        event_type: str,
        level: str,
        message: str,
        details: Mapping[str, Any] | None = None,
        metrics: Mapping[str, Any] | None = None,
        *,
        service: str | None = None,
        timestamp: datetime | str | None = None,
    ) -> Event:
        """Send an event to the callbacks and on its way; the only error is BadEvent, a ValueError, for what is none.

        One of the levels error and critical is on the disk when this returns, others within a tenth of a second.
        """
        event, draft = self._new.make(event_type, level, message, details, metrics, service, timestamp)
        self._dispatcher.put(draft)
        return event

    def register_event_type(self, name: str) -> str:
        """Let events have a type of your own, such as `disk_swapped`; returns it in lower case."""
        return self._new.know(name)

    @overload
    def register_callback(
        self, callback: C, *, event_types: Names = None, levels: Names = None, min_level: str | None = None
    ) -> C: ...

    @overload
    def register_callback(
        self, callback: None = None, *, event_types: Names = None, levels: Names = None, min_level: str | None = None
    ) -> Callable[[C], C]: ...

    def register_callback(
        self,
        callback: Callback | None = None,
        *,
        event_types: Names = None,
        levels: Names = None,
        min_level: str | None = None,
    ) -> Any:
        """Call it with each event from now on, or with those of these types and levels; it may be asynchronous.

        It returns the callback, so that it can stand over a function as a decorator, with or without the filters.
        """
        types = None if event_types is None else self._new.known(event_types)
        wanted = Wanted.of(types, levels, min_level)

        def register(found: C) -> C:
            self._hand_over()
            self._callbacks.register(found, wanted)
            return found

        return register if callback is None else register(callback)

    def unregister_callback(self, callback: Callback) -> bool:
        """Call it no more, but with what was emitted before; whether it was registered."""
        self._hand_over()
        return self._callbacks.unregister(callback)

    def _hand_over(self) -> None:
        """Let those who are registered now have what was emitted so far."""
        self._dispatcher.settle(time.monotonic() + _HAND_OVER_SECONDS)

    def tracked(self, kind: str, message: str = "", **details: Any) -> AbstractContextManager[Tracked]:
        """Emit the start, and then the success or failure, of a block that does a `sync`, `cleanup` or `migration`."""
        return tracked(self.emit_event, kind, message, details)

    def start_heartbeat(self, every: float | timedelta = 60.0) -> None:
        """Emit a sign of life now and every so many seconds; people are told when it stays away three times."""
        pulse = Pulse(self.emit_event, every)
        with self._changing:
            self._stop_heartbeat()
            self._pulse = pulse
            pulse.start()

    def flush(self, timeout: float = LAST_SECONDS) -> bool:
        """Wait until everything emitted so far has reached callbacks and the other side; whether it has in time."""
        deadline = time.monotonic() + timeout
        taken = self._dispatcher.settle(deadline)
        sent = self._dispatcher.way.settle(deadline)
        return self._callbacks.settle(deadline) and sent and taken

    def close(self, timeout: float = LAST_SECONDS) -> None:
        """Send what can be sent within so many seconds; the rest stays on the disk. Done by itself at the end."""
        deadline = time.monotonic() + timeout
        with self._changing:
            self._stop_heartbeat()
        self._dispatcher.close(deadline)
        self._dispatcher.way.close(deadline)
        self._callbacks.settle(deadline)
        self._callbacks.end()
        self._asking.close()
        forget(self)
        self.closed = True

    def lead(self, db_manager: object = None, service: str | None = None) -> None:
        """Speak as this service from now on, and send events where this manager leads."""
        with self._changing:
            if service is not None:
                self._new.speak_as(service)
            if db_manager is not None and db_manager is not self._db_manager:
                self._db_manager = db_manager
                self._change_way()

    def _change_way(self) -> None:
        before, asked = self._dispatcher.way, self._asking
        self._asking = Asking(self._db_manager, self._recent)
        self._dispatcher.way = after = self._way()
        # What has led nowhere so far does so now; what lies on the disk is found there.
        after.keep(self._recent.take_all())
        before.close(time.monotonic())
        asked.close()

    def begin_anew(self) -> None:
        """In a forked child: nothing of the parent's is sent, and its connections are left alone."""
        callbacks = self._callbacks
        self._dispatcher.way.forget_inherited()
        # What is forgotten here would be closed, and the parent still uses it.
        self._inherited += [self._dispatcher, self._asking]
        self._begin()
        self._callbacks.take_over(callbacks)
        remember(self)

    def _stop_heartbeat(self) -> None:
        if self._pulse is not None:
            self._pulse.stop()
            self._pulse = None

    def _ask(self, question: Callable[[Answers], Answer]) -> Answer:
        deadline = time.monotonic() + LAST_SECONDS
        self._dispatcher.settle(deadline)
        self._dispatcher.way.settle(deadline, patient=False)
        return self._asking.ask(question)


_only: MonitorInterface | None = None
_making = RLock()


def get_monitor_interface() -> MonitorInterface:
    """The one of this process, made when it is first asked for, and anew when it has been closed."""
    global _only  # noqa: PLW0603 - there is one of it, as services are promised
    with _making:
        if _only is None or _only.closed:
            _only = MonitorInterface()
        return _only


def setup_monitor_interface(db_manager: object = None, *, service: str | None = None) -> MonitorInterface:
    """The one of this process, led to the service's database; callbacks that are registered stay."""
    monitor = get_monitor_interface()
    monitor.lead(db_manager, service)
    return monitor
