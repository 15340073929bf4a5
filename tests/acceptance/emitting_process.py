"""A service as its own process; `python emitting_process.py PART FOLDER` plays one part, with events kept in FOLDER.

The other side is away unless FOLDER/here exists, and appends what it takes to FOLDER/taken, an id and a message a line.
"""

import json
import multiprocessing
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from consistency.events import WrittenEvent
from monitoring.monitor_interface import MonitorInterface
from monitoring.transports.transport import Refused, Unreachable

FOLDER = Path(sys.argv[2])
SPOOL = FOLDER / "spool"


class File:
    """A way out into a file."""

    name = "a file"

    def send(self, events: Sequence[WrittenEvent]) -> Sequence[Refused]:
        if not (FOLDER / "here").exists():
            raise Unreachable("nobody is here")
        lines = "".join(f"{each.id} {each.read().message}\n" for each in events)
        with (FOLDER / "taken").open("a") as taken:
            taken.write(lines)
        return ()

    def close(self) -> None:
        """Nothing is kept open."""


def interface() -> MonitorInterface:
    return MonitorInterface(folder=SPOOL, open_transport=File)


def say(monitor: MonitorInterface, *names: object, level: str = "info") -> None:
    for name in names:
        monitor.emit_event("sync_success", level, str(name))


def tell(**said: object) -> None:
    """A line for the test."""
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def ends_at_once() -> None:
    """Emits, and comes to its end."""
    monitor = interface()
    monitor.register_callback(lambda event: tell(heard=event.message))
    say(monitor, *range(20))


def is_killed() -> None:
    """Emits grave events, and is gone in the very next moment."""
    say(interface(), *range(5), level="critical")
    os.kill(os.getpid(), signal.SIGKILL)


def forks() -> None:
    """Emits before and after forking, in both processes."""
    monitor = interface()
    say(monitor, *[f"before {number}" for number in range(50)])
    child = os.fork()
    name = "parent" if child else "child"
    say(monitor, *[f"{name} {number}" for number in range(50)])
    monitor.flush(60)
    if child:
        os.waitpid(child, 0)
    tell(name=name, counts=asdict(monitor.counts), files=len(list(SPOOL.glob("*.spool"))))


def forks_while_threads_emit() -> None:
    """Forks again and again while others emit; each child emits as well, and ends as children do."""
    monitor, over = interface(), threading.Event()
    monitor.register_callback(lambda _: None)

    def go_on() -> None:
        while not over.wait(0.0001):
            say(monitor, "on", level="error")

    thread = threading.Thread(target=go_on)
    thread.start()
    for number in range(20):
        child = os.fork()
        if child == 0:
            say(monitor, f"mild {number}")
            say(monitor, f"grave {number}", level="error")
            os._exit(0 if monitor.flush(60) else 1)
        assert os.waitpid(child, 0)[1] == 0
    over.set()
    thread.join()
    tell(whole=monitor.flush(60))


def _child(monitor: MonitorInterface, number: int) -> None:
    say(monitor, number)


def has_children() -> None:
    """Lets multiprocessing fork; the children emit once and end."""
    monitor = interface()
    say(monitor, "parent")
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=_child, args=(monitor, number)) for number in range(4)]
    for child in children:
        child.start()
    for child in children:
        child.join()


def has_no_room() -> None:
    """May write no more than 2,000 bytes into a file for a while, which is less than waits."""
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, most))
    monitor = interface()
    for number in range(12_000):
        say(monitor, number)
        if number % 1000 == 0:
            monitor.flush(0.01)
    say(monitor, "grave", level="error")
    monitor.flush(0.01)
    tell(**asdict(monitor.counts))
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    (FOLDER / "here").touch()
    say(monitor, "later")
    tell(whole=monitor.flush(60), **asdict(monitor.counts))


PARTS: dict[str, Callable[[], None]] = {
    part.__name__: part
    for part in (ends_at_once, is_killed, forks, forks_while_threads_emit, has_children, has_no_room)
}

if __name__ == "__main__":
    PARTS[sys.argv[1]]()
