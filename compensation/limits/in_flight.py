"""How many calls are under way at one time over all workers; a place that nobody gives back is free after its lease."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from uuid import uuid4

import redis

from consistency.shared import Shared

_NOW = "local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000) "
_TAKE = (
    _NOW
    + """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) and not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
"""
)


@dataclass(frozen=True, slots=True)
class Place:
    """One of the places; to be given back by `release`."""

    release: Callable[[], None]


class InFlight:
    """At most `limit` places at once; each for `lease` seconds at most. Without the server it is `limit_alone`."""

    def __init__(self, shared: Shared, key: str, limit: int, lease: float, limit_alone: int | None = None) -> None:
        self._shared = shared
        self._key = key
        self._limit = limit
        self._limit_alone = limit_alone or limit
        self._lease = lease
        self._lock = threading.Lock()
        self._own: dict[str, float] = {}

    def take(self) -> Place | None:
        """A place, or None while all are taken."""
        token = uuid4().hex
        return self._shared.ask(partial(self._take, token), partial(self._take_own, token))

    def _take(self, token: str, client: redis.Redis) -> Place | None:
        lease_ms = max(1, round(1000 * self._lease))
        taken = client.eval(_TAKE, 1, self._key, token, self._limit, lease_ms)
        return Place(partial(self._release, token)) if taken else None

    def _release(self, token: str) -> None:
        # Without the server nothing is to be done: the lease ends by itself.
        self._shared.ask(lambda client: client.zrem(self._key, token), lambda: 0)

    def _take_own(self, token: str) -> Place | None:
        now = time.monotonic()
        with self._lock:
            self._own = {holder: until for holder, until in self._own.items() if until > now}
            if len(self._own) >= self._limit_alone:
                return None
            self._own[token] = now + self._lease
        return Place(partial(self._release_own, token))

    def _release_own(self, token: str) -> None:
        with self._lock:
            self._own.pop(token, None)
