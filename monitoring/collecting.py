"""Takes the events that services put into Redis over into the ledger.

They are stored first and deleted then, so that who dies in between loses none; several at once do the same work twice.
"""

import json
import time
from collections.abc import Sequence
from typing import Any, cast

import redis
import structlog
from sqlalchemy import Engine

from consistency.errors import BadEvent, BrokerUnavailable
from consistency.event_checks import check_type_name, event_of_object, seal
from consistency.events import WrittenEvent
from consistency.one_line import one_line
from consistency.resources import Resources
from consistency.settings import Settings
from monitoring.event_stream import BODY, ID, open_redis, redis_place, redis_reason, refused_key, stream_key
from monitoring.transports.ledger import LedgerTransport

#: How long one turn may last, in seconds; the queue has other work.
TURN = 5.0
TOGETHER = 500
#: How many entries that are no events are kept for somebody to look at.
MOST_REFUSED = 10_000

Entry = tuple[bytes, dict[bytes, bytes]]

log = structlog.get_logger(__name__)


def collect(resources: Resources, turn: float = TURN) -> dict[str, int]:
    """Empty the streams, for at most `turn` seconds; how many events and refused entries were taken from them.

    Raises BrokerUnavailable when Redis, and Unreachable when the ledger does not answer; nothing is lost then.
    """
    done = {"collected": 0, "refused": 0}
    deadline = time.monotonic() + turn
    for url in _streams(resources.settings):
        with open_redis(url) as client:
            while _batch(client, resources, done) and time.monotonic() < deadline:
                continue
    return done


def _streams(settings: Settings) -> list[str]:
    """Where events may lie; each address once, in order."""
    other = settings.events_url if settings.events_url.startswith("redis") else settings.redis_url
    return list(dict.fromkeys((settings.redis_url, other)))


def _batch(client: redis.Redis, resources: Resources, done: dict[str, int]) -> bool:
    """Take over one batch; whether there may be more."""
    prefix = resources.settings.key_prefix
    try:
        entries: list[Entry] = cast("Any", client.xrange(stream_key(prefix), count=TOGETHER))
        if not entries:
            return False
        taken = _take(resources.store, resources.settings, entries)
        _drop(client, prefix, entries, taken)
    except (redis.RedisError, OSError) as error:
        raise BrokerUnavailable(f"{redis_place(client)} did not do its part: {redis_reason(error)}") from None
    done["collected"] += len(entries) - len(taken)
    done["refused"] += len(taken)
    return len(entries) == TOGETHER


def _take(store: Engine, settings: Settings, entries: Sequence[Entry]) -> dict[bytes, str]:
    """Store the events; the names of the entries that are none, each with the reason."""
    refused: dict[bytes, str] = {}
    events: dict[WrittenEvent, bytes] = {}
    for name, fields in entries:
        try:
            events[_event(fields)] = name
        except ValueError as error:
            refused[name] = one_line(error)
    unstored = LedgerTransport(store, settings.tell_events_from).send(list(events))
    return refused | {events[each.event]: each.reason for each in unstored}


def _event(fields: dict[bytes, bytes]) -> WrittenEvent:
    """The event of an entry, held to what the HTTP API asks of one; ValueError otherwise."""
    try:
        name, found = fields[ID].decode("ascii"), json.loads(fields[BODY])
    except (KeyError, RecursionError):
        raise BadEvent("entry: it has no field id, no field body, or a body that is too deep") from None
    if not isinstance(found, dict):
        raise BadEvent("body: it is no JSON object")
    # Services register types where they emit, of which nobody here has heard.
    return seal(event_of_object(found | {"id": name}, [check_type_name(found.get("event_type"))]))


def _drop(client: redis.Redis, prefix: str, entries: Sequence[Entry], refused: dict[bytes, str]) -> None:
    """Delete what was taken over, and lay aside what is no event, in one step."""
    with client.pipeline() as pipe:
        for name, fields in entries:
            if name in refused:
                pipe.lpush(refused_key(prefix), _laid_aside(name, fields, refused[name]))
        pipe.ltrim(refused_key(prefix), 0, MOST_REFUSED - 1)
        pipe.xdel(stream_key(prefix), *(name for name, _ in entries))
        pipe.execute()
    for name, reason in refused.items():
        log.warning("event.refused", entry=name.decode(), reason=reason, kept_in=refused_key(prefix))


def _laid_aside(name: bytes, fields: dict[bytes, bytes], reason: str) -> str:
    shown = {key.decode("utf-8", "replace"): value.decode("utf-8", "replace") for key, value in fields.items()}
    return json.dumps({"entry": name.decode(), "reason": reason, "fields": shown}, ensure_ascii=False)
