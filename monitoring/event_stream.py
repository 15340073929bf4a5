"""The stream in Redis that takes events from services and gives them to the ledger."""

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from consistency.masking import mask_text
from consistency.one_line import one_line

_CONNECT_SECONDS = 2
_ANSWER_SECONDS = 5
ID, BODY = b"id", b"body"


def stream_key(prefix: str) -> str:
    """Where events wait to be taken into the ledger."""
    return f"{prefix}events"


def refused_key(prefix: str) -> str:
    """Where entries lie that are no events."""
    return f"{prefix}events:refused"


def open_redis(url: str) -> redis.Redis:
    """A client that answers in bytes, for an entry may hold anything; nothing is sent before its first use."""
    return redis.Redis.from_url(
        url,
        socket_timeout=_ANSWER_SECONDS,
        socket_connect_timeout=_CONNECT_SECONDS,
        health_check_interval=30,
        # A connection that the server has closed is opened anew, but a silent server is not waited for twice.
        retry=Retry(NoBackoff(), retries=1, supported_errors=(redis.ConnectionError,)),
    )


def redis_place(client: redis.Redis) -> str:
    """The server's address without its password."""
    known = client.connection_pool.connection_kwargs
    return f"Redis at {known.get('host')}:{known.get('port', 6379)}/{known.get('db') or 0}"


def redis_reason(error: Exception) -> str:
    """What a server said, or what happened to the way to it."""
    return one_line(mask_text(str(error))) or type(error).__name__
