"""Accounts with few rights: one that may read a database, one that may make tables besides, one with named rights."""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.pool import NullPool

_numbers = itertools.count(1)
_MAKE = {
    "postgresql": ("REVOKE CREATE ON SCHEMA public FROM PUBLIC", "CREATE ROLE {name} LOGIN PASSWORD 'open-sesame'"),
    "mysql": ("CREATE USER {name} IDENTIFIED BY 'open-sesame'",),
}
_READERS = {
    "postgresql": ("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}",),
    "mysql": ("GRANT SELECT ON {database}.* TO {name}",),
}
# As docs/howto/run-in-production.md names them.
_MAKERS = {
    "postgresql": ("GRANT CREATE ON SCHEMA public TO {name}",),
    "mysql": ("GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, INDEX, REFERENCES ON {database}.* TO {name}",),
}
_DROP = {"postgresql": ("DROP OWNED BY {name}", "DROP ROLE {name}"), "mysql": ("DROP USER {name}",)}


@contextmanager
def reader_of(database_url: str, process: int, *, makes_tables: bool = False) -> Iterator[str]:
    """The URL of a new account for the database as it is now; `process` keeps the names of parallel runs apart."""
    url = make_url(database_url)
    kind, database = url.get_backend_name(), str(url.database)
    if kind == "sqlite":
        Path(database).touch()
        yield f"sqlite:///file:{database}?mode=ro&uri=true"
        return
    with account_with(database_url, process, (*_READERS[kind], *(_MAKERS[kind] if makes_tables else ()))) as account:
        yield account


@contextmanager
def account_with(database_url: str, process: int, grants: Sequence[str]) -> Iterator[str]:
    """The URL of a new account of a server with nothing but these grants, in which `{name}` and `{database}` stand."""
    url = make_url(database_url)
    kind = url.get_backend_name()
    names = {"name": f"reconcilery_reader_{process}_{next(_numbers)}", "database": str(url.database)}
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    _execute(engine, (*_MAKE[kind], *grants), names)
    try:
        yield url.set(username=names["name"], password="open-sesame").render_as_string(hide_password=False)
    finally:
        _execute(engine, _DROP[kind], names)


def _execute(engine: Engine, statements: Sequence[str], names: dict[str, str]) -> None:
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement.format(**names))
