"""The own tables as `reconcilery init` leaves them, made in one go; that both ways agree is tested elsewhere."""

from collections.abc import Iterator

from sqlalchemy import Dialect, Engine, inspect
from sqlalchemy.schema import CreateIndex, CreateTable

from consistency.ledger.own_tables import LEDGER, REPAIRS, OwnTables

# To write the statements takes several times as long as to execute them.
_written: dict[tuple[str, str], list[str]] = {}


def make_own_tables(engine: Engine) -> None:
    """Both sets, in a database that has none or both."""
    there = inspect(engine).get_table_names()
    with engine.begin() as connection:
        cursor = connection.connection.cursor()
        missing = [tables for tables in (LEDGER, REPAIRS) if tables.version_table not in there]
        statements = [statement for tables in missing for statement in _statements(tables, engine.dialect)]
        # PostgreSQL takes them all at once.
        for statement in [";".join(statements)] if engine.dialect.name == "postgresql" else statements:
            cursor.execute(statement)


def _statements(tables: OwnTables, dialect: Dialect) -> list[str]:
    key = tables.title, dialect.name
    if key not in _written:
        _written[key] = list(_write(tables, dialect))
    return _written[key]


def _write(tables: OwnTables, dialect: Dialect) -> Iterator[str]:
    for table in tables.metadata.sorted_tables:
        yield str(CreateTable(table).compile(dialect=dialect))
        for index in sorted(table.indexes, key=lambda each: str(each.name)):
            yield str(CreateIndex(index).compile(dialect=dialect))
    yield f"CREATE TABLE {tables.version_table} (version_num VARCHAR(32) NOT NULL)"
    yield f"INSERT INTO {tables.version_table} VALUES ('{tables.revisions[-1]}')"
