"""One line of the log a minute about each kind of trouble, however often it happens."""

import logging
import time
from collections import Counter
from threading import RLock

EVERY_SECONDS = 60.0
_NEVER = float("-inf")

log = logging.getLogger("reconcilery.events")


class Complaints:
    """From all threads; the line says how often it has happened since the one before."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._said: dict[tuple[str, str], float] = {}
        self._unsaid: Counter[tuple[str, str]] = Counter()

    def say(self, kind: str, text: str, count: int = 1, *, about: str = "") -> None:
        """A warning, unless there was one of that kind about the same within the last minute.

        `text` holds no secrets.
        """
        now, key = time.monotonic(), (kind, about)
        with self._lock:
            self._unsaid[key] += count
            if now - self._said.get(key, _NEVER) < EVERY_SECONDS:
                return
            self._said[key] = now
            times = self._unsaid.pop(key)
        log.warning("%s: %s%s", kind, text, f" ({times} since the last line)" if times > 1 else "")
