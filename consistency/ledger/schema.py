"""The state of the product's own tables: made, brought up to date, and compared with what this program needs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, inspect, select, text

from consistency.database import database_errors, transaction
from consistency.errors import DatabaseError
from consistency.ledger.tables import metadata

VERSION_TABLE = "reconcilery_schema_version"
#: Every change there is, oldest first; the last is what this program needs.
REVISIONS = ("0001",)

_MIGRATIONS = Path(__file__).parent.parent.parent / "migrations"
_LOCK_SECONDS = 60
_LOCK_NUMBER = 7_265_636_001
_versions = Table(VERSION_TABLE, MetaData(), Column("version_num", String(32)))


def installed_revision(engine: Engine) -> str | None:
    """The last change that was applied; None before the first `reconcilery init`."""
    with database_errors(engine), engine.execution_options(readonly=True).connect() as connection:
        return _installed(connection)


def is_current(engine: Engine) -> bool:
    """Whether the own tables are just as this program needs them."""
    return installed_revision(engine) == REVISIONS[-1]


def create_or_upgrade(engine: Engine) -> list[str]:
    """Apply the changes that are missing, and say what each did; nothing happens when there are none.

    Of several processes at once one does the work while the others wait for it. DatabaseError when the tables were
    made by a newer program, or when somebody holds the lock for a minute.
    """
    with _alone(engine), transaction(engine) as connection:
        _wait_for_others(connection)
        installed = _installed(connection)
        if installed is not None and installed not in REVISIONS:
            raise DatabaseError(f"the own tables are of a newer release ({installed}); update Reconcilery")
        return _upgrade(connection, installed)


def _installed(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.scalar(select(_versions.c.version_num))
    return found


def _upgrade(connection: Connection, installed: str | None) -> list[str]:
    if installed == REVISIONS[-1]:
        return []
    # Alembic takes as long to import as all the rest, and only this needs it.
    from alembic import command  # noqa: PLC0415 - the reason stands above
    from alembic.config import Config  # noqa: PLC0415 - the same
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - the same

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    missing = REVISIONS[REVISIONS.index(installed) + 1 :] if installed else REVISIONS
    scripts = ScriptDirectory.from_config(config)
    command.upgrade(config, "head")
    return [f"{revision}: {scripts.get_revision(revision).doc}" for revision in missing]


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


def is_ours(item: object, name: str | None, kind: str, _reflected: object, _compared: object) -> bool:
    """For Alembic: our tables and what belongs to them, and nothing of the application's."""
    table: Any = item if kind == "table" else getattr(item, "table", None)
    return (name if kind == "table" else getattr(table, "name", None)) in metadata.tables
