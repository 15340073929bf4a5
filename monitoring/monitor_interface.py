"""The interface through which services emit their events; importing it is light, and emitting never waits.

monitor = get_monitor_interface()
monitor.register_callback(print)
monitor.emit_event(EventType.SYNC_SUCCESS, EventLevel.INFO, "1000 records", metrics={"records_synced": 1000})
"""

import asyncio
import time
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar

from consistency.events import Event, EventLevel, EventType
from monitoring.asking import Asking
from monitoring.callbacks import Callbacks
from monitoring.complaints import Complaints
from monitoring.leaving import LAST_SECONDS, remember
from monitoring.listener import Callback
from monitoring.new_events import NewEvents
from monitoring.outgoing import Outgoing
from monitoring.places import find_places
from monitoring.pulse import Pulse
from monitoring.recent import Recent
from monitoring.tally import Counts, Tally
from monitoring.tracked import Tracked, tracked
from monitoring.wanted import Wanted
from monitoring.ways import open_way

__all__ = [
    "Event",
    "EventLevel",
    "EventType",
    "MonitorInterface",
    "get_monitor_interface",
    "setup_monitor_interface",
]

C = TypeVar("C", bound=Callback)
Answer = dict[str, Any]
_GRAVE = frozenset({EventLevel.ERROR, EventLevel.CRITICAL})


class MonitorInterface:
    """Safe for threads, asyncio and forks. Where events go is read from the settings when the first one is sent.

    `db_manager` is an SQLAlchemy engine, the text of a database's URL, or an object that has one of them; it is used
    where the settings name no place. `service` is who speaks, `folder` where events wait on the disk.
    """

    def __init__(self, db_manager: object = None, *, service: str | None = None, folder: Path | None = None) -> None:
        places = find_places()
        self._new = NewEvents(service or places.service, places.event_types)
        self._folder = folder or places.folder
        self._leads_out = places.leads_out
        self._db_manager = db_manager
        self._changing = RLock()
        self._recent = Recent()
        self._pulse: Pulse | None = None
        self._inherited: list[Any] = []
        self._begin()
        remember(self)

    def _begin(self) -> None:
        self._tally, self._complaints = Tally(), Complaints()
        self._callbacks = Callbacks(self._tally, self._complaints)
        self._asking = Asking(self._db_manager, self._recent)
        self._out = self._way_out()

    def _way_out(self) -> Outgoing | None:
        """None where nothing is set, so that nobody gets a folder without need."""
        if not self._leads_out and self._db_manager is None:
            return None
        manager, recent = self._db_manager, self._recent
        return Outgoing(self._folder, lambda: open_way(manager, recent), self._tally, self._complaints)

    @property
    def service(self) -> str:
        """Who speaks."""
        return self._new.service

    @property
    def counts(self) -> Counts:
        """How many events went which way so far."""
        return self._tally.counts(self._out.waiting() if self._out else 0)

    def emit_event(
        self,
        event_type: str,
        level: str,
        message: str,
        details: dict[str, Any] | None = None,
        metrics: dict[str, Any] | None = None,
        *,
        service: str | None = None,
        timestamp: datetime | str | None = None,
    ) -> Event:
        """Send an event to the callbacks and on its way; the only error is BadEvent, a ValueError, for what is none.

        One of the levels error and critical is on the disk when this returns, others within a tenth of a second.
        """
        event, written = self._new.make(event_type, level, message, details, metrics, service, timestamp)
        self._tally.add("emitted")
        self._callbacks.offer(event, written)
        if self._out is None:
            self._recent.put(written)
        else:
            self._out.put(written, grave=event.level in _GRAVE)
        return event

    def register_event_type(self, name: str) -> str:
        """Let events have a type of your own, such as `disk_swapped`; returns it in lower case."""
        return self._new.know(name)

    def register_callback(
        self,
        callback: C | None = None,
        *,
        event_types: Collection[str] | None = None,
        levels: Collection[str] | None = None,
        min_level: str | None = None,
    ) -> Any:
        """Call it with each event from now on, or with those of these types and levels; it may be asynchronous.

        It returns the callback, so that it can stand over a function as a decorator, with or without the filters.
        """
        if callback is None:
            return lambda found: self.register_callback(
                found, event_types=event_types, levels=levels, min_level=min_level
            )
        if not callable(callback):
            raise TypeError(f"callback: a {type(callback).__name__} cannot be called; give a function")
        types = None if event_types is None else self._new.known(event_types)
        self._callbacks.register(callback, Wanted.of(types, levels, min_level))
        return callback

    def unregister_callback(self, callback: Callback) -> bool:
        """Call it no more; whether it was registered."""
        return self._callbacks.unregister(callback)

    def tracked(self, kind: str, message: str = "", **details: Any) -> AbstractContextManager[Tracked]:
        """Emit the start, and then the success or failure, of a block that does a `sync`, `cleanup` or `migration`."""
        return tracked(self.emit_event, kind, message, details)

    def start_heartbeat(self, every: float | timedelta = 60.0) -> None:
        """Emit a sign of life now and every so many seconds; people are told when it stays away three times."""
        with self._changing:
            self._stop_heartbeat()
            self._pulse = Pulse(self.emit_event, every)
            self._pulse.start()

    def flush(self, timeout: float = LAST_SECONDS) -> bool:
        """Wait until everything emitted so far has reached callbacks and the other side; whether it has in time."""
        deadline = time.monotonic() + timeout
        sent = self._out.settle(deadline) if self._out else True
        return self._callbacks.settle(deadline) and sent

    def close(self, timeout: float = LAST_SECONDS) -> None:
        """Send what can be sent within so many seconds; the rest stays on the disk. Done by itself at the end."""
        deadline = time.monotonic() + timeout
        with self._changing:
            self._stop_heartbeat()
        if self._out:
            self._out.close(deadline)
        self._callbacks.settle(deadline)
        self._callbacks.end()
        self._asking.close()

    def comprehensive_status(self) -> Answer:
        """All that is known of the services, `status` first."""
        return self._ask(lambda answers: answers.comprehensive_status())

    def sync_metrics(self, hours: float = 24) -> Answer:
        """What became of synchronisations in the last hours."""
        return self._ask(lambda answers: answers.sync_metrics(hours))

    def cleanup_metrics(self, days: float = 7) -> Answer:
        """What became of cleanups in the last days."""
        return self._ask(lambda answers: answers.cleanup_metrics(days))

    def migration_metrics(self, days: float = 7) -> Answer:
        """What became of migrations in the last days."""
        return self._ask(lambda answers: answers.migration_metrics(days))

    async def get_comprehensive_status(self) -> Answer:
        """The same as `comprehensive_status`, for asyncio."""
        return await asyncio.to_thread(self.comprehensive_status)

    async def get_sync_metrics(self, hours: float = 24) -> Answer:
        """The same as `sync_metrics`, for asyncio."""
        return await asyncio.to_thread(self.sync_metrics, hours)

    async def get_cleanup_metrics(self, days: float = 7) -> Answer:
        """The same as `cleanup_metrics`, for asyncio."""
        return await asyncio.to_thread(self.cleanup_metrics, days)

    async def get_migration_metrics(self, days: float = 7) -> Answer:
        """The same as `migration_metrics`, for asyncio."""
        return await asyncio.to_thread(self.migration_metrics, days)

    def begin_anew(self) -> None:
        """In a forked child: nothing of the parent's is sent, and its connections are left alone."""
        self._changing, self._pulse = RLock(), None
        left, callbacks = self._out, self._callbacks
        # What is forgotten here would be closed, and the parent still uses it.
        self._inherited += [left, self._asking]
        if left is not None:
            left.forget_inherited()
        self._recent = Recent()
        self._begin()
        self._callbacks.take_over(callbacks)

    def lead(self, db_manager: object = None, service: str | None = None) -> None:
        """Speak as this service from now on, and send events where this manager leads."""
        with self._changing:
            if service is not None:
                self._new.speak_as(service)
            if db_manager is not None and db_manager is not self._db_manager:
                self._db_manager = db_manager
                self._change_way()

    def _change_way(self) -> None:
        before, asked = self._out, self._asking
        self._asking = Asking(self._db_manager, self._recent)
        self._out = self._way_out()
        if before is not None:
            before.close(time.monotonic())
        elif self._out is not None:
            for event in self._recent.take_all():
                self._out.put(event, grave=False)
        asked.close()

    def _stop_heartbeat(self) -> None:
        if self._pulse is not None:
            self._pulse.stop()
            self._pulse = None

    def _ask(self, question: Callable[[Any], Answer]) -> Answer:
        if self._out:
            self._out.settle(time.monotonic() + LAST_SECONDS, patient=False)
        return self._asking.ask(question)


_only: MonitorInterface | None = None
_making = RLock()


def get_monitor_interface() -> MonitorInterface:
    """The one of this process, made when it is first asked for."""
    global _only  # noqa: PLW0603 - there is one of it, as the interface has promised to services
    with _making:
        if _only is None:
            _only = MonitorInterface()
        return _only


def setup_monitor_interface(db_manager: object = None, *, service: str | None = None) -> MonitorInterface:
    """The one of this process, led to the service's database; callbacks that are registered stay."""
    monitor = get_monitor_interface()
    monitor.lead(db_manager, service)
    return monitor
