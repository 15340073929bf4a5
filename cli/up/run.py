"""One whole life of the launcher: start everything, let the story happen, stop everything."""

import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TextIO

from cli.up.output import Output
from cli.up.processes import Processes
from cli.up.service import Service
from cli.up.stopping import Stopping
from consistency.errors import ReconcileryError

INTERRUPTED = 130
_LAST_WORDS_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Running:
    """What a story can use: the services' environment, their addresses by name, and whether it is asked to end."""

    environment: Mapping[str, str]
    urls: Mapping[str, str]
    stopping: threading.Event = field(default_factory=threading.Event)


Story = Callable[[Running], int]


def run(
    services: Sequence[Service],
    *,
    environment: Mapping[str, str] | None = None,
    story: Story | None = None,
    keep_running: bool = True,
    stream: TextIO | None = None,
) -> int:
    """Starts the services in order and, when all are ready, runs the story in a thread; call it from the main thread.

    Ends at Ctrl-C, or after the story unless `keep_running`. Returns the story's exit code (0 without one), 130 when
    interrupted before the story's end or in a hurry, and 1 when a service did not come up. `environment` (usually
    RECONCILERY_* names) is laid over this process's own; the services' output goes to `stream`, by default stderr.
    """
    whole = {**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})}
    output = Output(stream or sys.stderr, [service.name for service in services])
    processes = Processes(services, whole, output)
    stopping = Stopping()
    running = Running(whole, {service.name: service.url for service in services if service.url}, stopping.requested)
    with stopping.listening():
        try:
            code = _live(processes, stopping, _Telling(story, running, output), keep_running=keep_running)
        except ReconcileryError as error:
            output.say(str(error))
            code = error.exit_code
        finally:
            stopping.requested.set()
            output.say("stopping; Ctrl-C once more ends everything at once")
            processes.stop(stopping.hurried.is_set)
    return INTERRUPTED if stopping.hurried.is_set() else code


class _Telling(threading.Thread):
    """The story's thread; an error that is not ours shows its traceback through threading.excepthook."""

    def __init__(self, story: Story | None, running: Running, output: Output) -> None:
        super().__init__(name="story", daemon=True)
        self._story, self._running, self._output = story, running, output
        self.code = 0

    def run(self) -> None:
        if self._story is None:
            return
        self.code = 1  # stays when the story raises
        try:
            self.code = self._story(self._running)
        except ReconcileryError as error:
            self._output.say(str(error))
            self.code = error.exit_code


def _live(processes: Processes, stopping: Stopping, telling: _Telling, *, keep_running: bool) -> int:
    processes.start(stopping.requested.is_set)
    if stopping.requested.is_set():
        return INTERRUPTED
    telling.start()
    while not stopping.requested.is_set() and (keep_running or telling.is_alive()):
        processes.turn()
    telling.join(_LAST_WORDS_SECONDS)
    return INTERRUPTED if telling.is_alive() else telling.code
