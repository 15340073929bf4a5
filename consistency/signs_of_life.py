"""Signs of life of the processes on all machines: kept in Redis by its own clock, and on each machine in a file."""

import time
from dataclasses import dataclass
from typing import Any

import redis

from consistency.heartbeats import beat_once
from consistency.latest import connect
from consistency.settings import Settings
from consistency.shared import Shared

EVERY_SECONDS = 10.0
#: Whoever was silent for so long is forgotten.
_FORGOTTEN_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Sign:
    """The last sign of life of one process; `kind` is worker or beat, `name` tells it from others of its kind."""

    kind: str
    name: str
    age_seconds: float


class SignsOfLife:
    """What one process gives: a file at every turn of its main loop, and a word to Redis every ten seconds.

    A Redis that does not answer costs it a second at most, and then ten seconds nothing.
    """

    def __init__(self, settings: Settings, kind: str, name: str) -> None:
        self._settings, self._kind, self._member = settings, kind, f"{kind} {name}"
        self._shared = Shared(connect(settings), pause=EVERY_SECONDS)
        self._given = float("-inf")

    def give(self) -> None:
        """To be called at every turn."""
        beat_once(self._settings.log_dir, self._kind)
        if time.monotonic() - self._given >= EVERY_SECONDS:
            self._given = time.monotonic()
            self._shared.ask(self._tell, lambda: None)

    def _tell(self, client: redis.Redis) -> None:
        now, key = _clock(client.time()), key_of(self._settings.key_prefix)
        with client.pipeline(transaction=False) as pipe:
            pipe.zadd(key, {self._member: now})
            pipe.zremrangebyscore(key, "-inf", now - _FORGOTTEN_SECONDS)
            pipe.execute()


def key_of(prefix: str) -> str:
    """The sorted set of all signs: `worker worker@host` with the moment of its last sign as score."""
    return f"{prefix}alive"


def read_signs(client: redis.Redis, prefix: str) -> list[Sign]:
    """All that were given within a day, the latest first; raises what the client raises."""
    with client.pipeline(transaction=False) as pipe:
        pipe.time()
        pipe.zrange(key_of(prefix), 0, -1, desc=True, withscores=True)
        moment, members = pipe.execute()
    now = _clock(moment)
    parted = [(*str(member).partition(" ")[::2], score) for member, score in members]
    return [Sign(kind, name, round(max(0.0, now - score), 1)) for kind, name, score in parted]


def _clock(moment: Any) -> float:
    seconds, microseconds = moment
    return float(seconds) + float(microseconds) / 1e6
