"""What is shown comes in parts, each from one place: one that is down or slow takes no other with it."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future

import structlog
from prometheus_client.metrics_core import Metric

from consistency.one_line import one_line

#: So long what was read is good enough, however many ask.
KEPT_SECONDS = 10.0
log = structlog.get_logger(__name__)


class Part:
    """Reads its families at most every ten seconds, and never twice at a time."""

    def __init__(self, name: str, read: Callable[[], Sequence[Metric]], kept: float = KEPT_SECONDS) -> None:
        self.name = name
        self._read = read
        self._kept = kept
        self._lock = threading.Lock()
        self._latest: Future[Sequence[Metric]] | None = None
        self._done_at = 0.0
        self._failed = False

    def ask(self, pool: Executor) -> Future[Sequence[Metric]]:
        """What was read lately, or what is being read; the future holds the error if that failed."""
        with self._lock:
            if self._latest is None or (self._latest.done() and not self._is_good(self._latest)):
                self._latest = pool.submit(self._reading)
            return self._latest

    def _is_good(self, done: Future[Sequence[Metric]]) -> bool:
        return done.exception() is None and time.monotonic() - self._done_at < self._kept

    def _reading(self) -> Sequence[Metric]:
        try:
            found = self._read()
        except Exception as error:
            if not self._failed:
                log.warning("metrics.part_down", part=self.name, reason=one_line(error))
            self._failed = True
            raise
        self._failed, self._done_at = False, time.monotonic()
        return found
