"""What `doctor` looks at around the checks: files, Redis, queues, workers and beat."""

import os
import tempfile
from collections.abc import Iterator
from functools import partial
from typing import Any

from redis import Redis

from cli.diagnosis import Diagnosis, State, diagnosis, examined
from cli.doctor_events import examine_events
from consistency.heartbeats import heartbeat_age
from consistency.latest import connect, redis_errors
from consistency.settings import Settings
from notifiers.channels.choosing import Channels

LONG_QUEUE = 1000
BEAT_SECONDS = 60.0


def examine_services(settings: Settings) -> Iterator[Diagnosis]:
    """Everything but the databases; what needs Redis is left out while it does not answer."""
    yield from examined("log_dir", partial(_log_dir, settings), "give this account the right to write there")
    with connect(settings) as client:
        answered = list(examined("redis", partial(_redis, client), "start Redis, or correct RECONCILERY_REDIS_URL"))
        yield from answered
        if all(each.state is not State.FAIL for each in answered):
            yield from examined("queues", partial(_queues, client, settings))
            yield from examined("workers", _workers)
    yield from _beat(settings)
    yield from examine_events(settings)
    yield from _channels(settings)


def _channels(settings: Settings) -> Iterator[Diagnosis]:
    """Whether each can be made; nothing is sent, `notify test` does that."""
    if not settings.channels:
        message = "none is set up, so alerts are told in the log alone"
        yield diagnosis("channels", State.WARN, message, "set one up: docs/howto/tell-people.md")
    channels = Channels(settings)
    for name in settings.channels:
        yield from examined(f"channel {name}", partial(_channel, channels, name))
    channels.close()


def _channel(channels: Channels, name: str) -> Iterator[Diagnosis]:
    channels.channel(name)
    yield diagnosis(f"channel {name}", State.OK, f"is set up; reconcilery notify test {name} tries it")


def _log_dir(settings: Settings) -> Iterator[Diagnosis]:
    folder = settings.log_dir.absolute()
    if folder.is_dir():
        with tempfile.TemporaryFile(dir=folder):
            yield diagnosis("log_dir", State.OK, f"{folder} can be written to")
        return
    parent = next(each for each in folder.parents if each.exists())
    if parent.is_dir() and os.access(parent, os.W_OK | os.X_OK):
        yield diagnosis("log_dir", State.OK, f"{folder} is not there yet and can be made")
    else:
        yield diagnosis("log_dir", State.FAIL, f"{folder} cannot be made in {parent}", "set RECONCILERY_LOG_DIR")


def _redis(client: Redis) -> Iterator[Diagnosis]:
    with redis_errors(client):
        client.ping()
        info: dict[str, Any] = client.info()
    yield diagnosis("redis", State.OK, f"answers, version {info.get('redis_version', 'unknown')}")
    policy = str(info.get("maxmemory_policy", "noeviction"))
    if policy == "noeviction":
        yield diagnosis("redis eviction", State.OK, "keeps every key (noeviction)")
    else:
        message = f"may throw messages away when its memory is full ({policy})"
        yield diagnosis("redis eviction", State.WARN, message, "CONFIG SET maxmemory-policy noeviction")
    yield _persistence(client, info)


def _persistence(client: Redis, info: dict[str, Any]) -> Diagnosis:
    name, again = "redis persistence", "what it forgets is sent again from the ledger"
    if info.get("rdb_last_bgsave_status", "ok") != "ok":
        return diagnosis(name, State.WARN, "its last save failed, so it may refuse writes", "see the log of Redis")
    if info.get("aof_enabled"):
        return diagnosis(name, State.OK, "keeps every write (appendonly)")
    try:
        with redis_errors(client):
            saves = bool(client.config_get("save").get("save"))
    except Exception:  # noqa: BLE001 - a managed server forbids the question, and that is no finding
        return diagnosis(name, State.OK, "does not tell how it saves")
    if saves:
        return diagnosis(name, State.OK, f"saves from time to time; {again}")
    return diagnosis(name, State.WARN, f"forgets everything when it restarts; {again}", "CONFIG SET appendonly yes")


def _queues(client: Redis, settings: Settings) -> Iterator[Diagnosis]:
    # The broker's module builds the Celery application, for which the settings must be right.
    from api.orders.broker import queue_names  # noqa: PLC0415 - the reason stands above

    with redis_errors(client):
        lengths = {name: int(client.llen(f"{settings.key_prefix}{name}")) for name in queue_names()}
    message = ", ".join(f"{name} {length}" for name, length in lengths.items())
    if max(lengths.values()) > LONG_QUEUE:
        yield diagnosis("queues", State.WARN, f"messages are waiting: {message}", "start more workers")
    else:
        yield diagnosis("queues", State.OK, f"messages that wait: {message}")


def _workers() -> Iterator[Diagnosis]:
    from api.orders.broker import somebody_answers  # noqa: PLC0415 - the same

    if somebody_answers():
        yield diagnosis("workers", State.OK, "at least one answers")
    else:
        fix = "celery -A monitor_tasks worker"
        yield diagnosis("workers", State.FAIL, "none answered within some seconds", fix)


def _beat(settings: Settings) -> Iterator[Diagnosis]:
    age = heartbeat_age(settings.log_dir, "beat")
    if age is None:
        message = f"has left no sign of life in {settings.log_dir.absolute()}; it may run on another machine"
        yield diagnosis("beat", State.WARN, message, "celery -A monitor_tasks beat")
    elif age > BEAT_SECONDS:
        yield diagnosis("beat", State.FAIL, f"its last sign of life is {age:.0f} s old", "celery -A monitor_tasks beat")
    else:
        yield diagnosis("beat", State.OK, f"its last sign of life is {age:.0f} s old")
