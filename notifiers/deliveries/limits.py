"""How often a bot may be asked, by all senders together: exact sliding windows, all of which have room or none is used.

The windows move with the clock of Redis. Each call that is granted is kept for as long as the longest of them.
"""

import threading
import time
import uuid
from collections import deque
from collections.abc import Sequence
from functools import partial

import redis

from consistency.shared import Shared
from notifiers.channels.channel import Channel, RateWindow

#: For how many processes there is room while each goes on by itself.
PROCESSES = 8
_MICRO = 1_000_000

# KEYS[1] holds the granted calls by their moment; ARGV: a name for this call, then calls and microseconds a window.
# It answers with the microseconds to wait, 0 for a grant.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local wait, longest = 0, 0
for at = 2, #ARGV, 2 do
  local calls, length = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
  if length > longest then longest = length end
  local granted = redis.call('ZREVRANGE', KEYS[1], calls - 1, calls - 1, 'WITHSCORES')
  if granted[2] then wait = math.max(wait, granted[2] + length - now) end
end
if wait > 0 then return wait end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. string.format('%.0f', now - longest))
redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[1])
redis.call('PEXPIRE', KEYS[1], math.ceil(longest / 1000) + 1000)
return 0
"""


class Limiter:
    """Grants calls; safe for threads. While Redis does not answer, each process keeps to an eighth of the limits."""

    def __init__(self, shared: Shared, prefix: str) -> None:
        self._shared = shared
        self._prefix = prefix
        self._lock = threading.Lock()
        self._own: dict[str, deque[float]] = {}

    def take(self, channel: Channel) -> float:
        """0.0 when the channel may be asked once now, else after how many seconds it is worth asking again."""
        windows = channel.windows
        if not windows:
            return 0.0
        asked = partial(self._take_shared, channel.limit_key, windows)
        return self._shared.ask(asked, partial(self._take_own, channel.limit_key, windows))

    def _take_shared(self, key: str, windows: Sequence[RateWindow], client: redis.Redis) -> float:
        given = [part for window in windows for part in (window.calls, round(window.seconds * _MICRO))]
        wait = client.eval(_TAKE, 1, f"{self._prefix}channel:{key}", uuid.uuid4().hex, *given)
        if not wait:
            # Whoever goes on without Redis has to know how much of its part it has used.
            with self._lock:
                self._note(key, windows, time.monotonic())
        return int(wait) / _MICRO

    def _take_own(self, key: str, windows: Sequence[RateWindow]) -> float:
        part = PROCESSES if self._shared.lost else 1
        with self._lock:
            now = time.monotonic()
            granted = self._own.get(key, deque())
            wait = max(_wait(granted, window, part, now) for window in windows)
            if wait <= 0:
                self._note(key, windows, now)
            return max(0.0, wait)

    def _note(self, key: str, windows: Sequence[RateWindow], now: float) -> None:
        granted = self._own.setdefault(key, deque())
        granted.append(now)
        longest = max(window.seconds for window in windows)
        while granted[0] <= now - longest:
            granted.popleft()


def _wait(granted: Sequence[float], window: RateWindow, part: int, now: float) -> float:
    calls = max(1, window.calls // part)
    return granted[-calls] + window.seconds - now if len(granted) >= calls else 0.0
