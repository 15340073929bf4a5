"""Inserts rows into a table of the application and reads each back as it then stands."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, Connection, DateTime, Insert, String, Table, bindparam, insert, select, tuple_

from compensation.fitting import Unfit
from compensation.images import primary_key_text

Row = Mapping[str, Any]


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Insert the rows, all with the same columns; yields, in their order, primary key (as text) and stored row."""
    keys = _inserted(connection, table, rows)
    stored = _read_back(connection, table, keys)
    for key in keys:
        yield primary_key_text(key), stored[key]


def _inserted(connection: Connection, table: Table, rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    statement, columns = _insert(table, rows), list(table.primary_key.columns)
    given = [{f"new_{name}": value for name, value in row.items()} for row in rows]
    if all(column.name in rows[0] for column in columns):
        # What comes back of keys that were given has no order, and some databases do not say them at all.
        connection.execute(statement, given)
        return [tuple(row[column.name] for column in columns) for row in rows]
    if _answers_in_order(connection):
        returning = statement.returning(*columns, sort_by_parameter_order=True)
        return [tuple(row) for row in connection.execute(returning, given)]
    made = [connection.execute(statement, each).inserted_primary_key for each in given]
    keys = [_key(table, row, numbers) for row, numbers in zip(rows, made, strict=True)]
    if any(None in key for key in keys):
        raise Unfit(f"{table.name}: the database does not say which primary key a new row has")
    return keys


def _key(table: Table, row: Row, made: Sequence[Any] | None) -> tuple[Any, ...]:
    """What was given, and where nothing was, what the database has made."""
    columns = list(table.primary_key.columns)
    return tuple(row.get(column.name, made[place] if made else None) for place, column in enumerate(columns))


def _answers_in_order(connection: Connection) -> bool:
    # A key of SQLite may be NULL by its declaration, and then SQLAlchemy sees no order in what comes back.
    ordered = connection.dialect.insert_executemany_returning_sort_by_parameter_order
    return ordered and connection.dialect.name != "sqlite"


def _insert(table: Table, rows: Sequence[Row]) -> Insert:
    return insert(table).values({name: _parameter(table, name, rows) for name in rows[0]})


def _parameter(table: Table, name: str, rows: Sequence[Row]) -> BindParameter[Any]:
    # SQLite keeps moments as text in a spelling of the application's own.
    spelled = isinstance(table.c[name].type, DateTime) and any(isinstance(row[name], str) for row in rows)
    return bindparam(f"new_{name}", type_=String() if spelled else table.c[name].type)


def _read_back(
    connection: Connection, table: Table, keys: Sequence[tuple[Any, ...]]
) -> dict[tuple[Any, ...], dict[str, Any]]:
    columns = list(table.primary_key.columns)
    one = len(columns) == 1
    chosen = columns[0].in_([key[0] for key in keys]) if one else tuple_(*columns).in_(keys)
    rows = connection.execute(select(table).where(chosen)).mappings()
    return {tuple(row[column.name] for column in columns): dict(row) for row in rows}
