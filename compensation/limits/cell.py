"""A small record that all workers read and change by the server's clock, or within the process without a server."""

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, astuple
from functools import partial
from typing import Any, Generic, TypeVar

import redis

from consistency.shared import Shared

R = TypeVar("R")

_READ = "local time = redis.call('TIME') return {redis.call('GET', KEYS[1]) or '', time[1], time[2]}"
_SWAP = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
"""
#: Each failed try means that another one succeeded, so more are not needed by as many workers as there can be.
_TRIES = 100
#: A glance may be so many seconds old: a hundred calls a second then ask the server a few times.
_GLANCE = 0.05


class Cell(Generic[R]):
    """One frozen dataclass `R` of plain values under `key`; it is `R()` at first and after `keep` idle seconds."""

    def __init__(self, shared: Shared, key: str, kind: Callable[..., R], keep: float) -> None:
        self._shared = shared
        self._key = key
        self._kind = kind
        self._keep_ms = max(1, round(1000 * keep))
        self._lock = threading.Lock()
        self._own = ""
        self._seen: tuple[R, float, float] | None = None

    def read(self) -> tuple[R, float]:
        """The record, and the time on the clock that goes with it: seconds since 1970."""
        text, now = self._shared.ask(self._read, lambda: (self._own, time.time()))
        return self._parsed(text), now

    def glance(self) -> tuple[R, float]:
        """The same, up to a twentieth of a second ago as others have changed it."""
        if (seen := self._seen) is not None and (age := time.monotonic() - seen[2]) < _GLANCE:
            return seen[0], seen[1] + age
        record, now = self.read()
        # Counted from after the answer, the time never runs ahead of the server's, and no hold ends early.
        self._seen = (record, now, time.monotonic())
        return record, now

    def change(self, step: Callable[[R, float], R]) -> None:
        """Put `step(record, now)` in the record's place; the step is asked again when somebody else was faster."""
        self._shared.ask(partial(self._change, step), partial(self._change_own, step))
        self._seen = None

    def _read(self, client: redis.Redis) -> tuple[str, float]:
        text, seconds, micros = client.eval(_READ, 1, self._key)
        self._own = text  # What was known last is the best to begin with when the server is lost.
        return text, int(seconds) + int(micros) / 1_000_000

    def _change(self, step: Callable[[R, float], R], client: redis.Redis) -> None:
        for _ in range(_TRIES):
            text, now = self._read(client)
            before = self._parsed(text)
            after = step(before, now)
            if after == before:
                return
            if client.eval(_SWAP, 1, self._key, text, _written(after), self._keep_ms):
                self._own = _written(after)
                return

    def _change_own(self, step: Callable[[R, float], R]) -> None:
        with self._lock:
            self._own = _written(step(self._parsed(self._own), time.time()))

    def _parsed(self, text: str) -> R:
        new = self._kind()
        with suppress(ValueError, TypeError):
            found = self._kind(**json.loads(text))
            if _alike(found, new):
                return found
        return new


def _alike(found: Any, new: Any) -> bool:
    pairs = zip(astuple(found), astuple(new), strict=True)
    return all(isinstance(value, str if isinstance(default, str) else int | float) for value, default in pairs)


def _written(record: Any) -> str:
    return json.dumps(asdict(record), separators=(",", ":"))
