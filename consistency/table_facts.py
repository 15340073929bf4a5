"""What a table is by its own description: its keys, its indexes, about how many rows it has."""

import re

from sqlalchemy import (
    Engine,
    Index,
    Integer,
    Table,
    UniqueConstraint,
    Uuid,
    func,
    inspect,
    literal_column,
    select,
    text,
)
from sqlalchemy.types import TypeEngine

from consistency.mapping import RuleMapping

JSON_TEXT = "json text"
_JSON_CHECK = re.compile(r"json_valid\(`((?:[^`]|``)+)`\)")
_JSON_CHECKS = (
    "SELECT check_clause FROM information_schema.check_constraints"
    " WHERE table_name = :name AND constraint_schema = coalesce(:schema, database())"
)


def key_family(kind: TypeEngine[object]) -> str:
    """What values of a key column are compared as."""
    if isinstance(kind, Integer):
        return "integer"
    return "uuid" if isinstance(kind, Uuid) else "text"


def has_enforced_fk(engine: Engine, mapping: RuleMapping, child: Table) -> bool:
    """Whether the database itself refuses outputs without task."""
    if engine.dialect.name == "sqlite":
        return False  # SQLite checks foreign keys only in sessions that ask for it.
    keys = inspect(engine).get_foreign_keys(child.name, child.schema)
    return any(
        found["constrained_columns"] == [mapping.child.fk]
        and found["referred_table"] == mapping.parent.table.rpartition(".")[2]
        and found["referred_columns"] == [mapping.parent.id]
        and not found.get("options", {}).get("not_valid")
        for found in keys
    )


def is_unique(table: Table, names: set[str]) -> bool:
    """Whether a primary key or a full unique index lies within the named columns."""
    groups = [index.columns for index in table.indexes if index.unique and not _is_partial(index)]
    groups += [constraint.columns for constraint in table.constraints if isinstance(constraint, UniqueConstraint)]
    return any(
        len(group) and {column.name for column in group} <= names for group in [*groups, table.primary_key.columns]
    )


def _is_partial(index: Index) -> bool:
    return any(options.get("where") is not None for options in index.dialect_options.values())


def mark_json_texts(engine: Engine, table: Table) -> None:
    """MariaDB keeps JSON as text and refuses any other: such columns carry JSON_TEXT in their `info`."""
    if not getattr(engine.dialect, "is_mariadb", False):
        return
    with engine.execution_options(readonly=True).connect() as connection:
        found = connection.scalars(text(_JSON_CHECKS), {"name": table.name, "schema": table.schema})
        for clause in found.all():
            if (named := _JSON_CHECK.fullmatch(clause)) and named[1].replace("``", "`") in table.c:
                table.c[named[1].replace("``", "`")].info[JSON_TEXT] = True


def is_indexed(table: Table, name: str) -> bool:
    """Whether an index of the table begins with this column."""
    return any(list(index.columns.keys())[:1] == [name] for index in table.indexes)


def estimated_rows(engine: Engine, table: Table) -> int:
    """About how many rows the table has by the database's own statistics; nearly exact on SQLite, 0 for a view."""
    statement = _ROW_ESTIMATES.get(engine.dialect.name)
    with engine.execution_options(readonly=True).connect() as connection:
        if statement is None:
            if table.name in inspect(connection).get_view_names(table.schema):
                return 0
            return int(connection.scalar(select(func.max(literal_column("rowid"))).select_from(table)) or 0)
        found = connection.scalar(text(statement), {"name": table.name, "schema": table.schema})
    return max(0, int(found or 0))


_ROW_ESTIMATES = dict.fromkeys(
    ("mysql", "mariadb"),
    "SELECT table_rows FROM information_schema.tables"
    " WHERE table_name = :name AND table_schema = coalesce(:schema, database())",
)
_ROW_ESTIMATES["postgresql"] = (
    "SELECT CAST(sum(reltuples) AS bigint) FROM pg_class WHERE relname = :name AND relkind IN ('r', 'p', 'm')"
    " AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = coalesce(:schema, current_schema()))"
)
