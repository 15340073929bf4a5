"""How many calls a second all workers make together: GCRA on the server's clock, or in the process without a server."""

import time
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import redis
from throttled.rate_limiter.gcra import MemoryLimitAtomicAction, RedisLimitAtomicAction
from throttled.store import MemoryStoreBackend, RedisStoreBackend

from compensation.limits.cell import Cell
from compensation.limits.slowing import Slowing, SlowingTimes, held, refused, share_now
from consistency.model import utc_text
from consistency.shared import Shared

_KEEP_SECONDS = 2 * 86_400.0
#: Below this rate one call after the other loses no time; above it, waking up takes too long for a burst of one.
_FAST = 5.0
_SHORTEST_SLEEP = 0.001


class Budget:
    """At most `rate` calls a second (0: no limit) by everybody with the same key, less after refusals.

    While the server does not answer, each of `workers` processes keeps to its part of the rate.
    """

    def __init__(self, shared: Shared, key: str, rate: float, workers: int, times: SlowingTimes | None = None) -> None:
        self._shared = shared
        self._key = key
        self._rate = rate
        self._workers = workers
        self._times = times or SlowingTimes()
        self._cell = Cell(shared, f"{key}:slowed", Slowing, _KEEP_SECONDS)
        self._own = MemoryLimitAtomicAction(MemoryStoreBackend())

    @property
    def burst(self) -> int:
        """How many calls may be made at once after a pause."""
        return 1 if self._rate <= _FAST else 2

    def take(self, patience: float) -> float:
        """0.0 when a call is granted, for which it waits up to `patience` seconds; else after how many to come back."""
        deadline = time.monotonic() + patience
        while (wait := self._take_now()) > 0:
            if wait > deadline - time.monotonic():
                return wait
            time.sleep(max(wait, _SHORTEST_SLEEP))
        return 0.0

    def slow_down(self, retry_after: timedelta | None = None) -> None:
        """A call was refused as one too many: halve the rate for all, and hold everybody for as long as was asked."""
        self._cell.change(lambda slowing, now: refused(slowing, self._times, now))
        self.hold(retry_after)

    def hold(self, retry_after: timedelta | None) -> None:
        """The provider wants to be left alone for so long, by everybody."""
        if retry_after is not None:
            seconds = retry_after.total_seconds()
            self._cell.change(lambda slowing, now: held(slowing, self._times, now, seconds))

    def words(self) -> str:
        """What limits the calls now, for people."""
        slowing, now = self._cell.read()
        if slowing.hold_until > now:
            until = datetime.fromtimestamp(slowing.hold_until, UTC).replace(microsecond=0)
            return f"the provider asked to be left alone until {utc_text(until)}"
        if self._shared.lost:
            return f"limit of {_number(self._rate / self._workers)} calls/s in each process while Redis cannot be used"
        share = share_now(slowing, self._times, now)
        slower = f", slowed down from {_number(self._rate)} because the provider refused calls" if share < 1 else ""
        return f"limit of {_number(self._rate * share)} calls/s{slower}"

    def is_slowed(self) -> bool:
        """Whether the provider has lately refused calls."""
        slowing, now = self._cell.read()
        return slowing.hold_until > now or (self._rate > 0 and share_now(slowing, self._times, now) < 1)

    def _take_now(self) -> float:
        slowing, now = self._cell.glance()
        if slowing.hold_until > now:
            return slowing.hold_until - now
        if not self._rate:
            return 0.0
        interval = 1 / (self._rate * share_now(slowing, self._times, now))
        return self._shared.ask(partial(self._take_shared, interval), partial(self._take_own, interval))

    def _take_shared(self, interval: float, client: redis.Redis) -> float:
        limiter = RedisLimitAtomicAction(_Given(client))
        return _seconds(limiter.do([self._key], [interval, self.burst, 1]))

    def _take_own(self, interval: float) -> float:
        part = self._workers if self._shared.lost else 1
        return _seconds(self._own.do([self._key], [interval * part, self.burst, 1]))


def _seconds(result: tuple[float, ...]) -> float:
    limited, _, _, retry_after = result
    return max(retry_after, _SHORTEST_SLEEP) if limited else 0.0


def _number(rate: float) -> str:
    return f"{rate:.3g}" if rate < 100 else f"{rate:.0f}"  # noqa: PLR2004 - from here on `g` would write 1e+03


class _Given(RedisStoreBackend):
    """The library's store on a client that exists already, whose errors come through as they are."""

    base_exceptions = ()

    def __init__(self, client: Any) -> None:
        super().__init__()
        self._client = client
