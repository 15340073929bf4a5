"""A fresh, empty database for each test on any server, through the server's own statements."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

# PostgreSQL copies files three times as fast as it logs each page; sessions that a test has left must not hold it up.
_STATEMENTS = {
    "postgresql": ("CREATE DATABASE {} STRATEGY file_copy", "DROP DATABASE {} WITH (FORCE)"),
    "mysql": ("CREATE DATABASE {}", "DROP DATABASE {}"),
}
_numbers = itertools.count(1)


@contextmanager
def fresh_database(server_url: str, process: int) -> Iterator[str]:
    """The URL of a new database, dropped afterwards; `process` keeps the names of parallel runs apart."""
    url = make_url(server_url)
    name = f"reconcilery_test_{process}_{next(_numbers)}"
    engine = _administration(url)
    create, drop = _STATEMENTS[url.get_backend_name()]
    _execute(engine, create.format(name))
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        _execute(engine, drop.format(name))


def answers(server_url: str) -> bool:
    """True when the server lets us in."""
    try:
        with _administration(make_url(server_url)).connect():
            return True
    except OperationalError:
        return False


@cache
def _administration(url: URL) -> Engine:
    return create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")


def _execute(engine: Engine, statement: str) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
