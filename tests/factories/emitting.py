"""An interface whose events end in this process, and another side that can be away, slow, or never take something."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from consistency.events import Event, WrittenEvent
from monitoring.monitor_interface import MonitorInterface
from monitoring.transports.transport import Refused, Unreachable

PATIENCE = 60.0


class OtherSide:
    """A way out that keeps what it takes."""

    name = "the other side"

    def __init__(self) -> None:
        self.taken: list[WrittenEvent] = []
        self.batches: list[int] = []
        self.away = False
        self.refuses: Callable[[Event], bool] = lambda _: False
        #: Cleared, it holds up whoever sends.
        self.answers = threading.Event()
        self.answers.set()
        self.asked = threading.Event()
        self.opened = self.closed = 0

    def open(self) -> "OtherSide":
        self.opened += 1
        return self

    def send(self, events: Sequence[WrittenEvent]) -> Sequence[Refused]:
        self.asked.set()
        assert self.answers.wait(PATIENCE)
        if self.away:
            raise Unreachable("the other side is away")
        refused = [Refused(event, "level: it is not taken") for event in events if self.refuses(event.read())]
        self.taken += [event for event in events if event not in {each.event for each in refused}]
        self.batches.append(len(events))
        return refused

    def close(self) -> None:
        self.closed += 1

    def messages(self) -> list[str]:
        return [event.read().message for event in self.taken]


@contextmanager
def emitting(folder: Path, other_side: OtherSide) -> Iterator[MonitorInterface]:
    """An interface whose events wait in that folder."""
    monitor = MonitorInterface(folder=folder, open_transport=other_side.open)
    try:
        yield monitor
    finally:
        other_side.answers.set()
        monitor.close()


def say(monitor: MonitorInterface, *messages: str, level: str = "info") -> None:
    """An event of each message."""
    for message in messages:
        monitor.emit_event("sync_success", level, message)


def waiting_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.spool"))
