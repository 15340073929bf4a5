"""The latest report of each type and rule in Redis: what status and the web page show first. It may be lost."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

import redis
from redis.backoff import ExponentialBackoff
from redis.client import Pipeline
from redis.retry import Retry

from consistency.errors import BrokerUnavailable, ConfigurationError
from consistency.masking import mask_text
from consistency.model import parse_utc
from consistency.settings import Settings

_ANSWER_SECONDS = 5.0
_CONNECT_SECONDS = 2.0


def connect(settings: Settings, answer_seconds: float = _ANSWER_SECONDS) -> redis.Redis:
    """A client that answers in text and gives up soon; nothing is sent before its first use.

    What is not answered in `answer_seconds` is asked once more.
    """
    try:
        return redis.Redis.from_url(
            settings.redis_url,
            decode_responses=True,
            socket_timeout=answer_seconds,
            socket_connect_timeout=min(answer_seconds, _CONNECT_SECONDS),
            health_check_interval=30,
            retry=Retry(ExponentialBackoff(cap=0.2, base=0.05), retries=1),
        )
    except ValueError as error:
        raise ConfigurationError(f"redis_url cannot be used: {mask_text(str(error))}") from None


@contextmanager
def redis_errors(client: redis.Redis) -> Iterator[None]:
    """Turns what goes wrong with the server into BrokerUnavailable: one line with its address and no password."""
    try:
        yield
    except (redis.RedisError, OSError) as error:
        reason = " ".join(mask_text(str(error)).split()) or type(error).__name__
        raise BrokerUnavailable(
            f"Redis at {_address(client)} did not do its part: {reason}; is it up, and is RECONCILERY_REDIS_URL right?"
        ) from None


def _address(client: redis.Redis) -> str:
    known = client.connection_pool.connection_kwargs
    return f"redis://{known.get('host')}:{known.get('port', 6379)}/{known.get('db') or 0}"


class LatestReports:
    """One report a type and rule under `<prefix>latest:<type>:<rule>`; all methods raise BrokerUnavailable."""

    def __init__(self, client: redis.Redis, prefix: str = "reconcilery:") -> None:
        self._client = client
        self._index = f"{prefix}latest"

    def store(self, report: dict[str, Any]) -> bool:
        """Keep the report unless a newer one by `as_of` is there; says whether it was kept."""
        member = f"{report['type']}:{report['rule']}"
        key = f"{self._index}:{member}"
        as_of = parse_utc(report["as_of"])
        kept = False

        def replace(pipe: Pipeline) -> None:
            nonlocal kept
            found = _moment(_report(pipe.get(key)))
            kept = found is None or found <= as_of
            pipe.multi()
            if kept:
                pipe.set(key, json.dumps(report, separators=(",", ":")))
                pipe.sadd(self._index, member)

        # Optimistic instead of a script: servers whose rights forbid scripts know WATCH.
        with redis_errors(self._client):
            self._client.transaction(replace, key)
        return kept

    def get(self, check_type: str, rule: str) -> dict[str, Any] | None:
        """The latest report of that type and rule, or None."""
        with redis_errors(self._client):
            return _report(self._client.get(f"{self._index}:{check_type}:{rule}"))

    def all(self) -> list[dict[str, Any]]:
        """Every latest report, in the order of rule and type."""
        with redis_errors(self._client):
            members: Any = self._client.smembers(self._index)
            keys = [f"{self._index}:{member}" for member in members]
            found: Any = self._client.mget(keys) if keys else []
        reports = [report for report in map(_report, found) if report is not None]
        return sorted(reports, key=lambda report: (str(report.get("rule")), str(report.get("type"))))


def _report(text: Any) -> dict[str, Any] | None:
    with suppress(TypeError, ValueError):
        found = json.loads(text)
        return found if isinstance(found, dict) else None
    return None


def _moment(report: dict[str, Any] | None) -> datetime | None:
    with suppress(KeyError, TypeError, ValueError):
        return parse_utc(report["as_of"]) if report else None
    return None
