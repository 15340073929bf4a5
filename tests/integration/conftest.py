"""Engines on a fresh, empty database of one kind, or of each kind in turn."""

import os
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from consistency.database import connect
from tests.servers.readers import reader_of


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    connected = connect(database_url)
    yield connected
    connected.dispose()


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Engine]:
    connected = connect(postgres_url)
    yield connected
    connected.dispose()


@pytest.fixture
def mariadb(mariadb_url: str) -> Iterator[Engine]:
    connected = connect(mariadb_url)
    yield connected
    connected.dispose()


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Engine]:
    connected = connect(sqlite_url)
    yield connected
    connected.dispose()


@pytest.fixture
def readers_url(database_url: str) -> Iterator[str]:
    """The URL of an account of `database_url` that may read what is there when the fixture is asked for."""
    with reader_of(database_url, os.getpid()) as url:
        yield url
