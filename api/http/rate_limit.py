"""How many requests a second one client may make, at all processes together: GCRA on the clock of Redis.

While Redis does not answer, each process keeps to the limit by itself.
"""

import math
from functools import partial
from typing import Annotated, Any

import redis
from fastapi import Depends, Request
from throttled.rate_limiter.gcra import MemoryLimitAtomicAction, RedisLimitAtomicAction
from throttled.store import MemoryStoreBackend, RedisStoreBackend

from api.http.problems import Problem
from api.services import UsesServices
from consistency.shared import Shared

#: For how many seconds' worth of requests one may come at once.
_BURST_SECONDS = 2
#: What a proxy passes on as an address may be any text.
_LONGEST_ADDRESS = 64


class RateLimit:
    """At most `rate` requests a second (0: no limit) by whoever has the same key."""

    def __init__(self, shared: Shared, prefix: str, rate: int) -> None:
        self._shared = shared
        self._prefix = f"{prefix}http:"
        self._rate = rate
        self._own = MemoryLimitAtomicAction(MemoryStoreBackend())

    def take(self, client: str) -> float:
        """0.0 when the request may go on, else after how many seconds it is worth coming back."""
        if not self._rate:
            return 0.0
        key, cost = f"{self._prefix}{client}", [1 / self._rate, _BURST_SECONDS * self._rate, 1]
        limited, _, _, seconds = self._shared.ask(partial(_shared_take, key, cost), lambda: self._own.do([key], cost))
        return max(seconds, 0.001) if limited else 0.0


def _limit(request: Request, services: UsesServices) -> None:
    limit: RateLimit = request.app.state.rate_limit
    wait = math.ceil(limit.take(request.client.host[:_LONGEST_ADDRESS] if request.client else "unknown"))
    if wait:
        detail = f"more than {services.settings.api_rate} requests a second; wait {wait} s"
        raise Problem(429, detail, headers={"Retry-After": str(wait)})


WithinRate = Annotated[None, Depends(_limit)]


def _shared_take(key: str, cost: list[float], client: redis.Redis) -> tuple[int, int, float, float]:
    return RedisLimitAtomicAction(_Given(client)).do([key], cost)


class _Given(RedisStoreBackend):
    """The library's store on a client that exists already, whose errors come through as they are."""

    base_exceptions = ()

    def __init__(self, client: Any) -> None:
        super().__init__()
        self._client = client
