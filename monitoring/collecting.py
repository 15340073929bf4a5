"""Takes the events over into the ledger that services put into Redis, or left behind on the disk.

They are stored first and deleted then, so that who dies in between loses none; several at once do the same work twice.
"""

import json
import time
from collections.abc import Sequence
from typing import Any, cast

import redis
import structlog

from consistency.errors import BadEvent, BrokerUnavailable
from consistency.event_checks import check_type_name, event_of_object, seal
from consistency.events import WrittenEvent
from consistency.one_line import one_line
from consistency.resources import Resources
from consistency.settings import Settings
from monitoring.emitting.places import FOLDER
from monitoring.event_stream import BODY, ID, open_redis, redis_place, redis_reason, refused_key, stream_key
from monitoring.sending.adopting import adopt
from monitoring.transports.ledger import LedgerTransport

#: How long one turn may last, in seconds; the queue has other work.
TURN = 5.0
TOGETHER = 500
#: How many entries that are no events are kept for somebody to look at.
MOST_REFUSED = 10_000

Entry = tuple[bytes, dict[bytes, bytes]]

log = structlog.get_logger(__name__)


def collect(resources: Resources, turn: float = TURN) -> dict[str, int]:
    """Take over what lies on the disk and in the streams, for about `turn` seconds; how many events, how many not.

    Raises BrokerUnavailable when Redis, and Unreachable when the ledger does not answer; nothing is lost then.
    """
    settings = resources.settings
    ledger = LedgerTransport(resources.store, settings.tell_events_from, settings.routed_types)
    deadline = time.monotonic() + turn
    done = {"collected": 0, **_adopt(settings, ledger, turn)}
    for url in _streams(settings):
        with open_redis(url) as client:
            while _batch(client, settings.key_prefix, ledger, done) and time.monotonic() < deadline:
                continue
    return done


def _adopt(settings: Settings, ledger: LedgerTransport, turn: float) -> dict[str, int]:
    try:
        return adopt(settings.log_dir.absolute() / FOLDER, ledger, turn)
    except OSError as error:
        # A disk that cannot be written keeps nobody from collecting what is in Redis.
        log.warning("events.not_adopted", reason=one_line(error), next="the next turn tries again")
        return {"adopted": 0, "refused": 0}


def _streams(settings: Settings) -> list[str]:
    """Where events may lie; each address once, in order."""
    other = settings.events_url if settings.events_url.startswith("redis") else settings.redis_url
    return list(dict.fromkeys((settings.redis_url, other)))


def _batch(client: redis.Redis, prefix: str, ledger: LedgerTransport, done: dict[str, int]) -> bool:
    """Take over one batch; whether there may be more."""
    try:
        entries: list[Entry] = cast("Any", client.xrange(stream_key(prefix), count=TOGETHER))
        if not entries:
            return False
        refused = _take(ledger, entries)
        _drop(client, prefix, entries, refused)
    except (redis.RedisError, OSError) as error:
        raise BrokerUnavailable(f"{redis_place(client)} did not do its part: {redis_reason(error)}") from None
    done["collected"] += len(entries) - len(refused)
    done["refused"] += len(refused)
    return len(entries) == TOGETHER


def _take(ledger: LedgerTransport, entries: Sequence[Entry]) -> dict[bytes, str]:
    """Store the events; the names of the entries that are none, each with the reason."""
    refused: dict[bytes, str] = {}
    events: dict[WrittenEvent, bytes] = {}
    for name, fields in entries:
        try:
            events[_event(fields)] = name
        except ValueError as error:
            refused[name] = one_line(error)
    return refused | {events[each.event]: each.reason for each in ledger.send(list(events))}


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
