"""Values that many look at and that change slowly: made once for all who ask within some seconds."""

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

_MOST = 256


class _Made(NamedTuple):
    """A value, what was known when it was made, and when that was, as time.monotonic."""

    known: Hashable
    at: float
    value: Any


@dataclass
class _Place:
    """The lock lets one make the value while the others wait for it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    made: _Made | None = None


class Kept:
    """Keeps each value for `seconds`, while what is `known` stays the same; of the keys, those that were used last."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._places: dict[Hashable, _Place] = {}

    def get(self, key: Hashable, known: Hashable, make: Callable[[], Any]) -> Any:
        """The value of the key; what `make` raises is kept for nobody."""
        place = self._place(key)
        with place.lock:
            if _age(place.made, known) > self._seconds:
                place.made = _Made(known, time.monotonic(), make())
            assert place.made is not None
            return place.made.value

    def peek(self, key: Hashable, known: Hashable) -> Any:
        """The value of the key where it is there and still good, at once; None where it would have to be made."""
        place = self._places.get(key)
        made = place.made if place else None
        return made.value if made is not None and _age(made, known) <= self._seconds else None

    def put(self, key: Hashable, known: Hashable, value: Any) -> None:
        """Keep a value that was made beforehand; nobody waited for it."""
        self._place(key).made = _Made(known, time.monotonic(), value)

    def age(self, key: Hashable, known: Hashable) -> float:
        """How many seconds ago the value was made; infinite where there is none that was made from this."""
        place = self._places.get(key)
        return _age(place.made if place else None, known)

    def _place(self, key: Hashable) -> _Place:
        with self._lock:
            place = self._places.pop(key, None) or _Place()
            self._places[key] = place
            while len(self._places) > _MOST:
                del self._places[next(iter(self._places))]
            return place


def _age(made: _Made | None, known: Hashable) -> float:
    return time.monotonic() - made.at if made is not None and made.known == known else float("inf")
