"""Inserts rows into a table of the application and reads each back as it then stands."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, Connection, DateTime, Insert, String, Table, bindparam, insert, select, tuple_

from compensation.images import primary_key_text
from compensation.target import Unfit

Row = Mapping[str, Any]


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Insert the rows, all with the same columns; yields, in their order, primary key (as text) and stored row."""
    keys = _inserted(connection, table, rows)
    stored = _read_back(connection, table, keys)
    for key in keys:
        yield primary_key_text(key), stored[key]


def _inserted(connection: Connection, table: Table, rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    statement, columns = _insert(table, rows[0]), list(table.primary_key.columns)
    given = [{f"new_{name}": value for name, value in row.items()} for row in rows]
    if _answers_in_order(connection):
        returning = statement.returning(*columns, sort_by_parameter_order=True)
        return [tuple(row) for row in connection.execute(returning, given)]
    keys = [connection.execute(statement, each).inserted_primary_key for each in given]
    if any(key is None or None in key for key in keys):
        raise Unfit(f"{table.name}: the database does not say which primary key a new row has")
    return [tuple(key) for key in keys if key is not None]


def _answers_in_order(connection: Connection) -> bool:
    # A key of SQLite may be NULL by its declaration, and then SQLAlchemy sees no order in what comes back.
    ordered = connection.dialect.insert_executemany_returning_sort_by_parameter_order
    return ordered and connection.dialect.name != "sqlite"


def _insert(table: Table, row: Row) -> Insert:
    return insert(table).values({name: _parameter(table, name, value) for name, value in row.items()})


def _parameter(table: Table, name: str, value: Any) -> BindParameter[Any]:
    # SQLite keeps moments as text in a spelling of the application's own.
    spelled = isinstance(value, str) and isinstance(table.c[name].type, DateTime)
    return bindparam(f"new_{name}", type_=String() if spelled else table.c[name].type)


def _read_back(
    connection: Connection, table: Table, keys: Sequence[tuple[Any, ...]]
) -> dict[tuple[Any, ...], dict[str, Any]]:
    columns = list(table.primary_key.columns)
    one = len(columns) == 1
    chosen = columns[0].in_([key[0] for key in keys]) if one else tuple_(*columns).in_(keys)
    rows = connection.execute(select(table).where(chosen)).mappings()
    return {tuple(row[column.name] for column in columns): dict(row) for row in rows}
