"""Engines, snapshots and clocks: how the product talks to the application's database and to its own."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, StaticPool, create_engine, event, exc, make_url, text

from consistency.errors import DatabaseError, DatabaseUnavailable, LedgerMissing, NotAllowed, StatementTimeout

CONNECT_SECONDS = 5
BUSY_SECONDS = 30
_PROGRESS_OPCODES = 20_000
_TIMEOUT_CODES = {"57014", "1969", "3024", "interrupted"}
# No privilege on the table or column, or on the server; a server or a transaction that is read-only.
_REFUSALS = {"42501", "25006", "1142", "1143", "1227", "1290", "1792", "1836", "attempt to write a readonly database"}
_MISSING_TABLE_CODES = {"42P01", "1146"}
# Too many connections, access denied, unknown database, server gone or shutting down, lock waits and deadlocks.
_MYSQL_OUTAGES = {"1040", "1044", "1045", "1049", "1053", "1205", "1213", "2002", "2003", "2006", "2013", "2014"}
_SQLITE_OUTAGES = ("locked", "unable to open", "disk I/O", "full")

#: Of every transaction that asks for nothing else, whatever the server was set to.
ISOLATION = "READ COMMITTED"


def connect(url: str, *, own_file: bool = False, kept: int = 5) -> Engine:
    """An engine for PostgreSQL, MySQL/MariaDB or SQLite whose sessions speak UTC; it keeps `kept` connections open.

    `own_file` says that a SQLite file belongs to the product, which may then switch it to write-ahead logging.
    """
    kind = make_url(url).get_backend_name()
    if kind == "sqlite":
        engine = create_engine(url, pool_size=kept, connect_args={"timeout": BUSY_SECONDS})
        _prepare_sqlite(engine, write_ahead=own_file)
        return engine
    # Rows are locked by the statements that change them, so nothing stronger than READ COMMITTED is needed.
    how = {"pool_pre_ping": True, "isolation_level": ISOLATION}
    return create_engine(url, pool_size=kept, connect_args=_connect_args(kind), **how)


def connect_in_memory() -> Engine:
    """A SQLite database that lives as long as this engine, for one process and all its threads."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    _prepare_sqlite(engine, write_ahead=False)
    return engine


def _connect_args(kind: str) -> dict[str, Any]:
    if kind == "postgresql":
        return {"connect_timeout": CONNECT_SECONDS, "application_name": "reconcilery"}
    return {"connect_timeout": CONNECT_SECONDS, "init_command": "SET time_zone = '+00:00'", "charset": "utf8mb4"}


def _prepare_sqlite(engine: Engine, *, write_ahead: bool) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(dbapi: Any, _record: object) -> None:
        # The driver's own transactions begin too late: two writers would both read first and one would lose.
        dbapi.isolation_level = None
        if write_ahead:
            dbapi.execute("PRAGMA journal_mode=WAL")
            dbapi.execute("PRAGMA synchronous=NORMAL")
        dbapi.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        readonly = connection.get_execution_options().get("readonly")
        connection.exec_driver_sql("BEGIN" if readonly else "BEGIN IMMEDIATE")


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """A transaction that commits at the end of the block; foreign errors come out as ours."""
    with database_errors(engine), engine.begin() as connection:
        yield connection


@contextmanager
def snapshot(engine: Engine, statement_timeout: timedelta) -> Iterator[Connection]:
    """One read-only view of the database; a statement that takes longer raises StatementTimeout."""
    with database_errors(engine), engine.connect() as raw:
        opened = _SNAPSHOTS[engine.dialect.name](raw, statement_timeout.total_seconds())
        with opened as connection:
            yield connection


@contextmanager
def _postgresql_snapshot(raw: Connection, seconds: float) -> Iterator[Connection]:
    connection = raw.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with connection.begin():
        milliseconds = max(1, int(seconds * 1000))
        # A cursor is planned for its first tenth unless told that all rows will be read.
        # The sums are gathered in a hash table, which a day's missing tasks would push to disk at the default size.
        settings = {"statement_timeout": milliseconds, "cursor_tuple_fraction": 1, "work_mem": "'32MB'", "jit": "off"}
        connection.exec_driver_sql("; ".join(f"SET LOCAL {name} = {value}" for name, value in settings.items()))
        yield connection


@contextmanager
def _mysql_snapshot(raw: Connection, seconds: float) -> Iterator[Connection]:
    limit = f"max_statement_time = {seconds}"
    if not raw.dialect.is_mariadb:  # type: ignore[attr-defined]
        limit = f"max_execution_time = {max(1, int(seconds * 1000))}"
    raw.exec_driver_sql(f"SET SESSION {limit}")
    raw.rollback()
    connection = raw.execution_options(isolation_level="REPEATABLE READ")
    with connection.begin():
        connection.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        try:
            yield connection
        finally:
            _lift_mysql_limit(connection, limit)


def _lift_mysql_limit(connection: Connection, limit: str) -> None:
    if not connection.invalidated and not connection.closed:
        connection.exec_driver_sql(f"SET SESSION {limit.split(' =', maxsplit=1)[0]} = DEFAULT")


@contextmanager
def _sqlite_snapshot(raw: Connection, seconds: float) -> Iterator[Connection]:
    connection = raw.execution_options(readonly=True)
    driver: Any = connection.connection.driver_connection
    deadline = time.monotonic() + seconds

    @event.listens_for(connection, "before_cursor_execute")
    def begin_anew(*_: object) -> None:
        nonlocal deadline
        deadline = time.monotonic() + seconds

    driver.set_progress_handler(lambda: time.monotonic() > deadline, _PROGRESS_OPCODES)
    try:
        with connection.begin():
            # A deferred BEGIN takes its snapshot at the first read, so that read is made at once.
            connection.exec_driver_sql("SELECT 1 FROM sqlite_master LIMIT 1").all()
            yield connection
    except exc.OperationalError as error:
        # Where Ctrl-C meets the handler, the driver swallows it and tells what it tells when time is up.
        if str(error.orig) == "interrupted" and time.monotonic() <= deadline:
            raise KeyboardInterrupt from error
        raise
    finally:
        driver.set_progress_handler(None, 0)


_SNAPSHOTS = {
    "postgresql": _postgresql_snapshot,
    "mysql": _mysql_snapshot,
    "mariadb": _mysql_snapshot,
    "sqlite": _sqlite_snapshot,
}


def database_now(connection: Connection) -> datetime:
    """The database's own clock, in UTC."""
    dialect = connection.dialect.name
    if dialect == "sqlite":
        return datetime.fromisoformat(connection.scalar(text("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')")) + "+00:00")
    if dialect == "postgresql":
        moment: datetime = connection.scalar(text("SELECT clock_timestamp()"))
        return moment.astimezone(UTC)
    naive: datetime = connection.scalar(text("SELECT UTC_TIMESTAMP(6)"))
    return naive.replace(tzinfo=UTC)


@contextmanager
def database_errors(engine: Engine) -> Iterator[None]:
    """Turn what a driver raises into our error tree, with one line that names the database and no password."""
    try:
        yield
    except exc.IntegrityError:
        raise
    except exc.DBAPIError as error:
        raise _translated(error, engine) from error


def _translated(error: exc.DBAPIError, engine: Engine) -> DatabaseError:
    original = error.orig
    # PostgreSQL's driver knows the SQL state alone; MySQL's knows both, and only the number is precise.
    said = str(original.args[0]) if original and original.args else ""
    codes = {str(getattr(original, "sqlstate", None)), said}
    where = engine.url.render_as_string(hide_password=True)
    if codes & _TIMEOUT_CODES:
        return StatementTimeout(f"a statement on {where} ran into its time limit", "statement_timeout", where=where)
    missing = codes & _MISSING_TABLE_CODES or said.startswith("no such table")
    line = first_line(original)
    told = {"where": where, "said": line}
    if missing and "reconcilery_" in str(original):
        absent = f"an own table is missing in {where}: {line}; run `reconcilery init`"
        return LedgerMissing(absent, "own_table_missing", **told)
    refused = f"database {where} refused a statement: {line}"
    if codes & _REFUSALS:
        return NotAllowed(refused, "database_refused", **told)
    if _is_outage(error, engine.dialect.name, codes, said):
        return DatabaseUnavailable(f"database {where} is not available: {line}", "database_unavailable", **told)
    return DatabaseError(refused, "database_refused", **told)


def _is_outage(error: exc.DBAPIError, dialect: str, codes: set[str], said: str) -> bool:
    """Whether the same statement may succeed later; MySQL's and SQLite's drivers call nearly everything operational."""
    if error.connection_invalidated or isinstance(error, exc.InterfaceError):
        return True
    if dialect == "sqlite":
        return any(words in said for words in _SQLITE_OUTAGES)
    if dialect in {"mysql", "mariadb"}:
        return bool(codes & _MYSQL_OUTAGES)
    return isinstance(error, exc.OperationalError)


def first_line(error: BaseException | None) -> str:
    """The first line of a foreign error, cut to 200 characters, passwords in addresses masked."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    return re.sub(r"://([^:/@\s]+):[^@\s]+@", r"://\1:***@", lines[0] if lines else type(error).__name__)[:200]
