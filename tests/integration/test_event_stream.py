"""Through Redis: services add events to a stream, and collectors take each into the ledger once."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis
from sqlalchemy import Engine

from consistency.errors import BrokerUnavailable
from consistency.resources import Resources
from consistency.settings import Settings
from monitoring import collecting
from monitoring.collecting import collect
from monitoring.transports import redis_stream
from monitoring.transports.choosing import open_transport
from monitoring.transports.redis_stream import RedisTransport
from monitoring.transports.transport import Unreachable
from tests.factories.own_tables import make_own_tables
from tests.factories.travelling import arrived, ids_of, on_its_way, several, to_be_told

KEY, REFUSED = "reconcilery:events", "reconcilery:events:refused"


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as opened:
        yield opened


@pytest.fixture
def transport(redis_url: str) -> Iterator[RedisTransport]:
    opened = RedisTransport(redis_url, "reconcilery:")
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def _own_log_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def taken(collected: int, refused: int = 0) -> dict[str, int]:
    return {"adopted": 0, "collected": collected, "refused": refused}


def house(engine: Engine, redis_url: str) -> Resources:
    make_own_tables(engine)
    return Resources(Settings(redis_url=redis_url), engine, engine, engine)


def test_what_services_send_arrives_once_and_leaves_the_stream(
    engine: Engine, redis_url: str, client: redis.Redis, transport: RedisTransport
) -> None:
    resources = house(engine, redis_url)
    grave = on_its_way(2000, level="critical", service="数据 同步/1")
    assert transport.send(several(1200)) == ()
    transport.send([*several(100), grave])
    assert collect(resources, turn=60) == taken(1301)
    assert arrived(engine) == {each.id: each.body.decode() for each in [*several(1200), grave]}
    assert to_be_told(engine) == {"evt-2000"}
    assert client.xlen(KEY) == 0
    assert collect(resources) == taken(0)


def test_a_turn_ends_and_the_next_goes_on(sqlite: Engine, redis_url: str, transport: RedisTransport) -> None:
    resources = house(sqlite, redis_url)
    transport.send(several(1100))
    turns = [collect(resources, turn=0)["collected"] for _ in range(4)]
    assert turns == [500, 500, 100, 0]


def test_several_collectors_at_once_are_harmless(engine: Engine, redis_url: str, transport: RedisTransport) -> None:
    resources = house(engine, redis_url)
    transport.send(several(2000))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: collect(resources, turn=60), range(4)))
    assert set(arrived(engine)) == ids_of(several(2000))


def test_who_dies_before_deleting_has_stored_them_already(
    sqlite: Engine, redis_url: str, transport: RedisTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    resources = house(sqlite, redis_url)
    transport.send(several(5))

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(collecting, "_drop", die)
        with pytest.raises(KeyboardInterrupt):
            collect(resources)
    assert len(arrived(sqlite)) == 5
    assert collect(resources) == taken(5)
    assert len(arrived(sqlite)) == 5


def test_without_the_ledger_they_stay_in_the_stream(
    sqlite: Engine, redis_url: str, client: redis.Redis, transport: RedisTransport
) -> None:
    transport.send(several(5))
    with pytest.raises(Unreachable, match="reconcilery init"):
        collect(Resources(Settings(redis_url=redis_url), sqlite, sqlite, sqlite))
    assert client.xlen(KEY) == 5


#: Entries that are no events, and what is said of each.
NO_EVENTS: list[tuple[dict[str | bytes, str | bytes], str]] = [
    ({"words": "hello"}, "no field id"),
    ({"id": "evt-1"}, "no field body"),
    ({"id": "evt-1", "body": "{"}, "Expecting"),
    ({"id": "evt-1", "body": "[]"}, "no JSON object"),
    ({"id": "evt-1", "body": b"\xff"}, "codec"),
    ({"id": "e v t", "body": on_its_way().body}, "id"),
    ({"id": b"\xff", "body": on_its_way().body}, "codec"),
    ({"id": "evt-1", "body": on_its_way().body.replace(b'"info"', b'"loud"')}, "level"),
    ({"id": "evt-1", "body": on_its_way().body.replace(b'"metrics":{}', b'"metrics":{"a":NaN}')}, "metrics.a"),
    ({"id": "evt-1", "body": "[" * 100_000}, "too deep"),
]


@pytest.mark.parametrize(("entry", "reason"), NO_EVENTS, ids=[str(number) for number in range(len(NO_EVENTS))])
def test_what_is_no_event_is_laid_aside_with_the_reason(
    sqlite: Engine, redis_url: str, client: redis.Redis, entry: dict[str | bytes, str | bytes], reason: str
) -> None:
    resources = house(sqlite, redis_url)
    good = on_its_way(7)
    client.xadd(KEY, entry)  # type: ignore[arg-type]
    client.xadd(KEY, {"id": good.id, "body": good.body})
    assert collect(resources) == taken(1, refused=1)
    assert set(arrived(sqlite)) == {good.id}
    assert client.xlen(KEY) == 0
    (laid_aside,) = client.lrange(REFUSED, 0, -1)
    assert reason in json.loads(laid_aside)["reason"]


def test_types_that_a_service_has_registered_are_taken_and_written_as_ours(
    sqlite: Engine, redis_url: str, client: redis.Redis
) -> None:
    resources = house(sqlite, redis_url)
    body = {"event_type": "DISK_SWAPPED", "level": "INFO", "service": "nas", "message": "bay 3"}
    client.xadd(KEY, {"id": "nas-1", "body": json.dumps(body)})
    assert collect(resources)["collected"] == 1
    found = json.loads(arrived(sqlite)["nas-1"])
    assert (found["event_type"], found["level"], found["details"]) == ("disk_swapped", "info", {})
    assert found["timestamp"].endswith("Z")


def test_a_stream_that_nobody_collects_is_not_filled_without_end(
    client: redis.Redis, transport: RedisTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_stream, "MOST_WAITING", 10)
    transport.send(several(10))
    with pytest.raises(Unreachable, match="holds 10 events that no worker has collected"):
        transport.send(several(1))
    client.xtrim(KEY, maxlen=0)
    assert transport.send(several(1)) == ()


def test_a_redis_that_cannot_take_them_makes_events_wait(client: redis.Redis, transport: RedisTransport) -> None:
    client.set(KEY, "somebody else's")
    with pytest.raises(Unreachable, match="WRONGTYPE"):
        transport.send(several(1))


def test_a_redis_that_is_away_makes_events_wait_and_shows_no_password(sqlite: Engine) -> None:
    url = "redis://:hush-0123456789@127.0.0.1:1/0"
    with pytest.raises(Unreachable) as caught:
        RedisTransport(url, "reconcilery:").send(several(1))
    assert "hush" not in str(caught.value)
    with pytest.raises(BrokerUnavailable) as also:
        collect(house(sqlite, url))
    assert "hush" not in str(also.value)


def test_events_may_go_through_another_redis_than_the_broker(sqlite: Engine, redis_url: str) -> None:
    broker, other = redis_url, redis_url.rpartition("/")[0] + "/15"
    settings = Settings.model_validate({"redis_url": broker, "events_url": other, "key_prefix": "shop:"})
    transport = open_transport(settings)
    assert transport is not None
    transport.send(several(3))
    transport.close()
    make_own_tables(sqlite)
    assert collect(Resources(settings, sqlite, sqlite, sqlite)) == taken(3)
    with redis.Redis.from_url(other) as client:
        client.delete("shop:events", "shop:events:refused")
