"""Values that many look at and that change slowly: made once for all who ask within some seconds."""

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

_MOST = 64


@dataclass
class _Place:
    """The lock lets one make the value while the others wait for it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    made_at: float | None = None
    value: Any = None


class Kept:
    """Keeps each value for `seconds`, and of the keys those that were asked for last."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._places: dict[Hashable, _Place] = {}

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """The value of the key; what `make` raises is kept for nobody."""
        place = self._place(key)
        with place.lock:
            if place.made_at is None or time.monotonic() - place.made_at > self._seconds:
                place.value, place.made_at = make(), time.monotonic()
            return place.value

    def _place(self, key: Hashable) -> _Place:
        with self._lock:
            place = self._places.pop(key, None) or _Place()
            self._places[key] = place
            while len(self._places) > _MOST:
                del self._places[next(iter(self._places))]
            return place
