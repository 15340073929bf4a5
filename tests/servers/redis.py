"""A private Redis with a password, and an empty numbered database of it for each test."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import redis

from cli.up.embedded import find_server, private_redis, redis_answers
from cli.up.ports import free_port
from consistency.errors import ConfigurationError
from tests.servers.missing import absent
from tests.servers.process import account, private_folder, serving

DATABASES = 16


@contextmanager
def redis_server() -> Iterator[str]:
    """The URL of a server of our own, without the database's number."""
    try:
        program = find_server()
    except ConfigurationError:
        absent("redis-server or valkey-server", "redis-server")
    owner = account()
    with private_folder(owner) as folder:
        service = private_redis(program, folder, free_port(), secrets.token_hex(16))
        with serving(owner, service.command, folder, lambda: redis_answers(service.url)):
            yield service.url.removesuffix("/0")


@contextmanager
def empty_redis(server_url: str) -> Iterator[str]:
    """The URL of a database that held nothing, so that everything in it is the test's and may go afterwards."""
    for number in range(DATABASES):
        url = f"{server_url.rstrip('/')}/{number}"
        with redis.Redis.from_url(url) as client:
            if client.dbsize() == 0:
                yield url
                client.flushdb()
                return
    raise AssertionError(f"each of the {DATABASES} databases of the test Redis holds something")
