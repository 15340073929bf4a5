"""What all workers share in Redis, asked with little patience; without an answer each process goes on by itself."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import redis
import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry

from consistency.masking import mask_text

T = TypeVar("T")
log = structlog.get_logger(__name__)


class Shared:
    """A Redis that is left alone for `pause` seconds after it did not answer; None is a process without any.

    It has connections of its own with short timeouts, because nobody may hang for the sake of a limit.
    """

    def __init__(self, client: redis.Redis | None, patience: float = 1.0, pause: float = 1.0) -> None:
        self._client = None if client is None else _impatient(client, patience)
        self._pause = pause
        self._lock = threading.Lock()
        self._lost = False
        self._again_at = 0.0

    @property
    def lost(self) -> bool:
        """Whether there should be a Redis, but it did not answer when it was last asked."""
        return self._lost

    def ask(self, question: Callable[[redis.Redis], T], otherwise: Callable[[], T]) -> T:
        """The answer of Redis, else that of the process itself; never raises for what happens to the server."""
        client = self._reachable()
        if client is None:
            return otherwise()
        try:
            answer = question(client)
        except (redis.RedisError, OSError) as error:
            self._note_loss(error)
            return otherwise()
        if self._lost:
            self._lost = False
            log.info("limits.shared_again")
        return answer

    def _reachable(self) -> redis.Redis | None:
        with self._lock:
            if self._lost:
                now = time.monotonic()
                if now < self._again_at:
                    return None
                self._again_at = now + self._pause  # One thread tries; the others need not wait for the same timeout.
            return self._client

    def _note_loss(self, error: Exception) -> None:
        with self._lock:
            known, self._lost = self._lost, True
            self._again_at = time.monotonic() + self._pause
        if not known:
            reason = " ".join(mask_text(str(error)).split()) or type(error).__name__
            log.warning("limits.each_process_by_itself", reason=reason)

    def close(self) -> None:
        """Close the connections; the client that was given stays as it is."""
        if self._client is not None:
            self._client.close()


def _impatient(client: redis.Redis, patience: float) -> redis.Redis:
    pool = client.connection_pool
    # A connection that the server has closed is opened anew, but a silent server is not waited for twice.
    retry = Retry(NoBackoff(), retries=1, supported_errors=(redis.ConnectionError,))
    given = pool.connection_kwargs | {
        "socket_timeout": patience,
        "socket_connect_timeout": patience,
        "decode_responses": True,
        "retry": retry,
    }
    own = redis.Redis(connection_pool=redis.ConnectionPool(connection_class=pool.connection_class, **given))
    own.auto_close_connection_pool = True
    return own
