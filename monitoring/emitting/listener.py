"""A callback in a thread of its own, so that a slow or failing one delays nobody."""

import asyncio
import inspect
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path
from queue import SimpleQueue
from threading import Event as Flag
from threading import RLock, Thread
from typing import Any

from consistency.events import Event, WrittenEvent
from monitoring.emitting.complaints import Complaints
from monitoring.emitting.tally import Tally
from monitoring.emitting.wanted import Wanted

Callback = Callable[[Event], Any]
#: As many as can be emitted at a stroke.
MOST = 10_000
#: Places in which no callback has gone wrong.
_NOT_THEIRS = {Path(__file__), Path(asyncio.__file__).parent}


class Listener:
    """One callback with its queue and, once there was an event for it, its thread."""

    def __init__(self, callback: Callback, wanted: Wanted, tally: Tally, complaints: Complaints) -> None:
        self.callback, self.wanted = callback, wanted
        self._tally, self._complaints = tally, complaints
        self._queue: SimpleQueue[WrittenEvent | Flag | None] = SimpleQueue()
        self._thread: Thread | None = None
        self._starting = RLock()

    def offer(self, event: WrittenEvent) -> None:
        """Let it be called, unless too much waits for it already; never waits."""
        if self._queue.qsize() >= MOST:
            self._tally.add("callbacks_dropped")
            name = named(self.callback)
            self._complaints.say("callback.dropped", f"{name} is too slow: {MOST} events wait for it", about=name)
            return
        self._queue.put(event)
        if self._thread is None:
            self._start()

    def mark(self) -> Flag | None:
        """Set once everything that was offered before has been told; None if nothing ever was."""
        if self._thread is None or self._thread is threading.current_thread():
            return None
        flag = Flag()
        self._queue.put(flag)
        return flag

    def end(self) -> None:
        """Let the thread end after what is offered already."""
        self._queue.put(None)

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                thread = Thread(target=self._run, name=f"reconcilery-events-{named(self.callback)}", daemon=True)
                try:
                    thread.start()
                except RuntimeError:  # The interpreter is ending.
                    return
                self._thread = thread

    def _run(self) -> None:
        with closing(_Calls(self.callback)) as calls:
            while (found := self._queue.get()) is not None:
                if isinstance(found, Flag):
                    found.set()
                else:
                    self._call(calls, found)

    def _call(self, calls: "_Calls", event: WrittenEvent) -> None:
        self._tally.add("callbacks_called")
        try:
            calls.call(event.read())
        except BaseException as error:  # noqa: BLE001 - code of others raises what it likes, also SystemExit
            self._tally.add("callbacks_failed")
            name = named(self.callback)
            self._complaints.say("callback.failed", f"{name} raised {_shown(error)}", about=name)


class _Calls:
    """Calls a function, also an asynchronous one, for which it keeps one loop; used by one thread."""

    def __init__(self, callback: Callback) -> None:
        self._callback = callback
        self._runner: asyncio.Runner | None = None

    def call(self, event: Event) -> None:
        answer = self._callback(event)
        if inspect.isawaitable(answer):
            self._runner = self._runner or asyncio.Runner()
            self._runner.run(_whole(answer))

    def close(self) -> None:
        if self._runner is not None:
            self._runner.close()


async def _whole(answer: Awaitable[Any]) -> None:
    await answer


def named(callback: Callback) -> str:
    """What a function is called in the log."""
    return getattr(callback, "__qualname__", None) or type(callback).__qualname__


def _shown(error: BaseException) -> str:
    """The error's type and place; its text may hold the secret address that a chat was called at."""
    frames = list(_frames(error))
    where = f" in {frames[0]}" if frames else ""
    return f"{type(error).__name__}{where}"


def _frames(error: BaseException) -> Iterator[str]:
    trace = error.__traceback__
    while trace is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        if path not in _NOT_THEIRS and path.parent not in _NOT_THEIRS:
            yield f"{path.name}:{trace.tb_lineno}"
        trace = trace.tb_next
