"""How much memory the children of workers hold, sampled all the time."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from benchmarks.workers import Program

EVERY_SECONDS = 0.05


@dataclass
class Peak:
    """The most that one child held at once, in MB (10^6 bytes), and how often was looked."""

    rss_mb: float = 0.0
    samples: int = 0

    def look(self, programs: Sequence[Program]) -> None:
        """Look at every child once."""
        for program in programs:
            for child in program.children():
                try:
                    self.rss_mb = max(self.rss_mb, round(child.memory_info().rss / 1e6, 1))
                except psutil.NoSuchProcess:
                    continue
        self.samples += 1


@contextmanager
def watched(*programs: Program) -> Iterator[Peak]:
    """Sample the children of these workers for the time of the block."""
    peak, over = Peak(), threading.Event()

    def sample() -> None:
        while not over.wait(EVERY_SECONDS):
            peak.look(programs)

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        over.set()
        thread.join()
