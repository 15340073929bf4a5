"""The servers that the tests start for themselves."""

import socket

import pytest
import redis
from sqlalchemy import create_engine, inspect, text

from tests.servers.network import OutsideWorldError


def test_each_test_gets_an_empty_database(database_url: str) -> None:
    engine = create_engine(database_url)
    assert inspect(engine).get_table_names() == []
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE left_behind (id INTEGER)"))
    engine.dispose()


def test_what_an_earlier_test_left_behind_is_gone(database_url: str) -> None:
    engine = create_engine(database_url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_gets_an_empty_redis(redis_url: str, turn: int) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("left behind", turn)


def test_the_test_redis_refuses_whoever_has_no_password(redis_url: str) -> None:
    address = redis_url.rpartition("@")[2]
    with redis.Redis.from_url(f"redis://{address}") as client, pytest.raises(redis.AuthenticationError):
        client.ping()


def test_other_machines_are_out_of_reach() -> None:
    with socket.socket() as client, pytest.raises(OutsideWorldError, match=r"192\.0\.2\.1"):
        client.connect(("192.0.2.1", 9))
