from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from api.views.processes import ask_signs, find_signs, processes_of
from cli.up.ports import LOCALHOST, free_port
from consistency.heartbeats import heartbeat_age
from consistency.latest import connect
from consistency.settings import Settings
from consistency.shared import Shared
from consistency.signs_of_life import SignsOfLife, key_of, read_signs


@pytest.fixture
def settings(tmp_path: Path, redis_url: str) -> Settings:
    return Settings(redis_url=redis_url, log_dir=tmp_path / "logs")


@pytest.fixture
def client(settings: Settings) -> Iterator[redis.Redis]:
    with connect(settings) as opened:
        yield opened


def grown_older(client: redis.Redis, settings: Settings, member: str, seconds: float) -> None:
    client.zincrby(key_of(settings.key_prefix), -seconds, member)


def test_processes_of_several_machines_are_told_apart(settings: Settings, client: redis.Redis, tmp_path: Path) -> None:
    for name in ("worker@a", "worker@b"):
        SignsOfLife(settings.model_copy(update={"log_dir": tmp_path / name}), "worker", name).give()
    grown_older(client, settings, "worker worker@b", 90)
    found = processes_of(settings, read_signs(client, settings.key_prefix))
    assert found["worker"]["alive"]
    assert [(each["name"], each["alive"]) for each in found["worker"]["known"]] == [
        ("worker@a", True),
        ("worker@b", False),
    ]
    assert found["beat"] == {"age_seconds": None, "alive": False, "known": []}


def test_the_last_one_of_its_kind_is_named_however_long_it_is_silent(settings: Settings, client: redis.Redis) -> None:
    elsewhere = settings.model_copy(update={"log_dir": settings.log_dir / "elsewhere"})
    for name in ("old", "older"):
        SignsOfLife(elsewhere, "beat", name).give()
    grown_older(client, settings, "beat old", 5000)
    grown_older(client, settings, "beat older", 6000)
    (known,) = processes_of(settings, read_signs(client, settings.key_prefix))["beat"]["known"]
    assert (known["name"], known["alive"]) == ("old", False)


def test_who_is_silent_for_a_day_is_forgotten(settings: Settings, client: redis.Redis) -> None:
    SignsOfLife(settings, "worker", "gone").give()
    grown_older(client, settings, "worker gone", 90_000)
    SignsOfLife(settings, "worker", "here").give()
    assert [sign.name for sign in read_signs(client, settings.key_prefix)] == ["here"]


def test_redis_is_told_now_and_then_and_the_file_touched_each_time(settings: Settings, client: redis.Redis) -> None:
    signs = SignsOfLife(settings, "worker", "w")
    signs.give()
    client.delete(key_of(settings.key_prefix))
    signs.give()
    assert read_signs(client, settings.key_prefix) == []
    assert heartbeat_age(settings.log_dir, "worker") is not None


def test_without_redis_the_files_of_this_machine_speak(settings: Settings) -> None:
    deaf = settings.model_copy(update={"redis_url": f"redis://{LOCALHOST}:{free_port()}/0"})
    SignsOfLife(deaf, "beat", "b").give()
    with connect(deaf) as client:
        shared = Shared(client)
        assert ask_signs(shared, deaf) is None
        shared.close()
    assert find_signs(deaf) is None
    found = processes_of(deaf, None)
    assert (found["beat"]["alive"], found["worker"]["alive"]) == (True, False)
