"""Engines on a fresh, empty database of one kind, or of each kind in turn."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from consistency.database import connect


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
