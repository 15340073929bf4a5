"""All services together: started in order, restarted when they die, stopped in reverse order."""

import selectors
import time
from collections.abc import Callable, Mapping, Sequence
from typing import IO

from cli.up.child import Child
from cli.up.output import Output
from cli.up.service import Service
from consistency.errors import ReconcileryError

READY_SECONDS = 60.0
_TICK_SECONDS = 0.1
_CHUNK_BYTES = 65536


class ServiceError(ReconcileryError):
    """A service ended, or stayed silent, before it was ready."""


class Processes:
    """The processes of the services. Only one thread may use it: the children live no longer than that thread."""

    def __init__(self, services: Sequence[Service], environment: Mapping[str, str], output: Output) -> None:
        self._children = [Child(service, environment) for service in services]
        self._output = output
        self._selector = selectors.DefaultSelector()

    def start(self, cancelled: Callable[[], bool]) -> None:
        """Starts all in order and returns when all are ready, or early when `cancelled`; raises ServiceError."""
        for child in self._children:
            self._launch(child)
            if child.service.first:
                self._wait_ready([child], cancelled)
        self._wait_ready(self._children, cancelled)

    def turn(self, seconds: float = _TICK_SECONDS) -> None:
        """Waits up to `seconds` for output, passes it on, buries the dead and restarts those whose pause is over."""
        self._pump(seconds)
        for child in self._children:
            code = child.bury()
            if code is not None:
                self._output.say(f"{child.service.name} ended ({_ending(code)}), starting again in {child.pause:g} s")
            elif child.due:
                self._launch(child)

    def stop(self, hurried: Callable[[], bool]) -> None:
        """Stops one after the other, last started first; kills what outlives its time, and all when `hurried`."""
        for child in reversed(self._children):
            child.terminate()
            deadline = time.monotonic() + child.service.stop_seconds
            while child.running and not hurried() and time.monotonic() < deadline:
                self._pump(_TICK_SECONDS)
            if child.running:
                self._output.say(f"{child.service.name} did not stop and is killed")
            child.kill()
        self._pump(0)
        self._selector.close()

    def _launch(self, child: Child) -> None:
        self._selector.register(child.start(), selectors.EVENT_READ, child.service.name)

    def _wait_ready(self, children: Sequence[Child], cancelled: Callable[[], bool]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not cancelled():
            self._pump(_TICK_SECONDS)
            for child in children:
                self._fail_if_ended(child)
            waiting = [child.service.name for child in children if not child.check_ready()]
            if not waiting:
                return
            if time.monotonic() > deadline:
                raise ServiceError(f"not ready after {READY_SECONDS:g} s: {', '.join(waiting)}")

    def _fail_if_ended(self, child: Child) -> None:
        code = child.bury()
        if code is not None:
            self._pump(0)
            raise ServiceError(
                f"{child.service.name} ended ({_ending(code)}) before all was ready; its words are above"
            )

    def _pump(self, seconds: float) -> None:
        if not self._selector.get_map():
            time.sleep(seconds)
            return
        for key, _ in self._selector.select(seconds):
            pipe: IO[bytes] = key.fileobj  # type: ignore[assignment]  # only pipes are registered
            data = pipe.read(_CHUNK_BYTES)
            if data:
                self._output.feed(key.data, data)
            elif data is not None:
                self._output.close(key.data)
                self._selector.unregister(pipe)
                pipe.close()


def _ending(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {-code}"
