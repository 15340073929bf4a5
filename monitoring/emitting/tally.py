"""How many events went which way, for whoever watches the watcher."""

from collections import Counter
from dataclasses import dataclass
from threading import RLock


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of this process since it began, or was forked.

    `emitted` were taken from the program; of these `waiting` are neither sent nor given up yet. `sent` were taken by
    the other side, `adopted` are those among them that a process now dead had left behind. `spooled` were written to
    the disk on their way. `refused` will never be taken and lie in refused.jsonl, `dropped` are lost.
    """

    emitted: int = 0
    waiting: int = 0
    spooled: int = 0
    sent: int = 0
    adopted: int = 0
    refused: int = 0
    dropped: int = 0
    callbacks_called: int = 0
    callbacks_failed: int = 0
    callbacks_dropped: int = 0


class Tally:
    """Counts, from all threads."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._counted: Counter[str] = Counter()

    def add(self, name: str, count: int = 1) -> None:
        with self._lock:
            self._counted[name] += count

    def counts(self, emitted: int, waiting: int) -> Counts:
        """All of them as they stand now."""
        with self._lock:
            return Counts(emitted=emitted, waiting=waiting, **self._counted)
