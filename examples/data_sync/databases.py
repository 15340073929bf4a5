"""The two databases of the synchroniser: rows arrive in the remote one and are kept in the local one."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config import Config

SCHEMA = "CREATE TABLE IF NOT EXISTS {} (id INTEGER PRIMARY KEY, symbol TEXT, value REAL, recorded_at TEXT NOT NULL)"
WAIT_SECONDS = 30


class DatabaseManager:
    """Opens transactions on both. Reconcilery finds the local database, where events are kept, by `url`."""

    def __init__(self, config: Config) -> None:
        self.config = config

    @property
    def url(self) -> str:
        """The local database as SQLAlchemy names it."""
        return f"sqlite:///{self.config.local.absolute()}"

    @property
    def folder(self) -> Path:
        """Where the local database lies."""
        return self.config.local.absolute().parent

    def make_tables(self) -> None:
        """Make what is missing in the local database; what is remote is made by others."""
        with self.local() as local:
            for table in self.config.tables:
                local.execute(SCHEMA.format(table))

    @contextmanager
    def remote(self) -> Iterator[sqlite3.Connection]:
        """A transaction on the remote database; sqlite3.OperationalError if it is not there."""
        with _transaction(f"{self.config.remote.absolute().as_uri()}?mode=rw") as connection:
            yield connection

    @contextmanager
    def local(self) -> Iterator[sqlite3.Connection]:
        """A transaction on the local database."""
        with _transaction(f"{self.config.local.absolute().as_uri()}?mode=rwc") as connection:
            yield connection

    def newest(self, connection: sqlite3.Connection, table: str) -> int:
        """The highest id in the table, 0 when it is empty."""
        (number,) = connection.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()  # noqa: S608 - of Config
        return int(number)


@contextmanager
def _transaction(uri: str) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(uri, uri=True, timeout=WAIT_SECONDS, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield connection
        connection.execute("COMMIT")
    finally:
        # What is not committed is taken back.
        connection.close()
