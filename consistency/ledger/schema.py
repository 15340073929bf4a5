"""The state of the product's own tables: made, brought up to date, and compared with what this program needs."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, Pool, Select, String, column, inspect, select, table, text

from consistency.database import database_errors, transaction
from consistency.errors import DatabaseError, LedgerMissing
from consistency.ledger.own_tables import LEDGER, OwnTables

_MIGRATIONS = Path(__file__).parent.parent.parent / "migrations"
_LOCK_SECONDS = 60
_LOCK_NUMBER = 7_265_636_001
#: The tables that were found, by the pool of connections that leads to them.
_seen: WeakKeyDictionary[Pool, set[str]] = WeakKeyDictionary()


def installed_revision(engine: Engine, tables: OwnTables = LEDGER) -> str | None:
    """The last change that was applied; None before the first `reconcilery init`."""
    with _looking(engine) as connection:
        return _installed(connection, tables)


def is_current(engine: Engine, tables: OwnTables = LEDGER) -> bool:
    """Whether the tables are just as this program needs them."""
    with _looking(engine) as connection:
        return are_current(connection, tables)


def are_current(connection: Connection, tables: OwnTables) -> bool:
    """The same over a connection that is there already."""
    return _installed(connection, tables) == tables.revisions[-1]


def require_current(engine: Engine, tables: OwnTables) -> None:
    """Raise LedgerMissing, with the command that helps, unless the tables are as they should be."""
    with _looking(engine) as connection:
        require_current_in(connection, tables)


def require_current_in(connection: Connection, tables: OwnTables) -> None:
    """The same over a connection that is there already."""
    installed = _installed(connection, tables)
    if installed == tables.revisions[-1]:
        return
    where = connection.engine.url.render_as_string(hide_password=True)
    what = f"Reconcilery's {tables.title}"
    if installed in tables.revisions:
        raise LedgerMissing(f"{what} in {where} are older than this program; run `reconcilery init` again")
    if installed is not None:
        raise LedgerMissing(f"{what} in {where} are of a newer release; update Reconcilery on this machine")
    raise LedgerMissing(f"{what} are not in {where} yet; run `reconcilery init` once")


def create_or_upgrade(engine: Engine, tables: OwnTables = LEDGER) -> list[str]:
    """Apply the changes that are missing, and say what each did; nothing happens when there are none.

    Of several processes at once one does the work while the others wait for it. NotAllowed when the account may not
    make tables; DatabaseError when they were made by a newer program, or when somebody holds the lock for a minute.
    """
    with _alone(engine), transaction(engine) as connection:
        _wait_for_others(connection)
        installed = _installed(connection, tables)
        if installed is not None and installed not in tables.revisions:
            raise DatabaseError(f"the {tables.title} are of a newer release ({installed}); update Reconcilery")
        return _upgrade(connection, tables, installed)


@contextmanager
def _looking(engine: Engine) -> Iterator[Connection]:
    with database_errors(engine), engine.execution_options(readonly=True).connect() as connection:
        yield connection


def _installed(connection: Connection, tables: OwnTables) -> str | None:
    if not _has_table(connection, tables.version_table):
        return None
    found: str | None = connection.scalar(_version_in(tables.version_table))
    return found


def _has_table(connection: Connection, name: str) -> bool:
    """Asked until it is there; who drops it while the program runs is told by the next statement."""
    seen = _seen.setdefault(connection.engine.pool, set())
    if name not in seen and inspect(connection).has_table(name):
        seen.add(name)
    return name in seen


@cache
def _version_in(name: str) -> Select[str]:
    version = column("version_num", String(32))
    return select(version).select_from(table(name, version))


def _upgrade(connection: Connection, tables: OwnTables, installed: str | None) -> list[str]:
    if installed == tables.revisions[-1]:
        return []
    # Alembic takes as long to import as all the rest, and only this needs it.
    from alembic import command  # noqa: PLC0415 - the reason stands above
    from alembic.config import Config  # noqa: PLC0415 - the same
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - the same

    config = Config(attributes={"connection": connection, "tables": tables})
    options = {"script_location": _MIGRATIONS, "version_locations": _MIGRATIONS / tables.versions}
    for name, path in options.items():
        config.set_main_option(name, str(path).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    first = tables.revisions.index(installed) + 1 if installed else 0
    scripts = ScriptDirectory.from_config(config)
    command.upgrade(config, "head")
    return [f"{revision}: {scripts.get_revision(revision).doc}" for revision in tables.revisions[first:]]


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """On MySQL keep other processes out by a lock of a connection's own, which is held until after the commit."""
    if engine.dialect.name not in {"mysql", "mariadb"}:
        yield
        return
    name = "concat('reconcilery ', md5(database()))"
    with database_errors(engine), engine.connect() as guard:
        if guard.scalar(text(f"SELECT get_lock({name}, {_LOCK_SECONDS})")) != 1:
            raise DatabaseError("somebody else is changing the own tables; try again when they are done")
        try:
            yield
        finally:
            guard.execute(text(f"SELECT release_lock({name})"))


def _wait_for_others(connection: Connection) -> None:
    """On PostgreSQL take a lock until the end of the transaction; on SQLite the transaction itself is one."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK_NUMBER})
