"""The application's tables: reflected, held against the mapping, and bound to it. Nothing here writes."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Engine,
    Enum,
    Index,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
    Uuid,
    func,
    inspect,
    literal_column,
    select,
    text,
)
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.sql.selectable import NamedFromClause
from sqlalchemy.types import TypeEngine

from consistency.condition_values import check_conditions
from consistency.database import database_errors
from consistency.errors import MappingError
from consistency.mapping import Condition, RuleMapping, rule_hash
from consistency.moments import Offset, TimeColumn, time_column

Offsets = tuple[Offset, ...]


@dataclass(frozen=True, eq=False)
class BoundRule:
    """A rule on tables that exist: every name of the mapping is a column here, absent ones are None."""

    mapping: RuleMapping
    hash: str
    parent_table: Table
    child_table: Table
    parent: NamedFromClause[Any]
    child: NamedFromClause[Any]
    done: tuple[TimeColumn, ...]
    created: TimeColumn | None
    orphans_possible: bool
    null_fk_possible: bool
    duplicates_possible: bool
    outputs_by_time: bool

    @property
    def id(self) -> str:
        return self.mapping.id

    @property
    def key(self) -> ColumnElement[Any]:
        key: ColumnElement[Any] = self.parent.c[self.mapping.parent.id]
        return key

    @property
    def fk(self) -> ColumnElement[Any]:
        fk: ColumnElement[Any] = self.child.c[self.mapping.child.fk]
        return fk

    @property
    def output_key(self) -> ColumnElement[Any] | None:
        return self.child.c[self.mapping.child.output_key] if self.mapping.child.output_key else None

    @property
    def provider_task_id(self) -> ColumnElement[Any] | None:
        name = self.mapping.parent.provider_task_id
        return self.parent.c[name] if name else None

    def over(self, parent: NamedFromClause[Any]) -> "BoundRule":
        """The same rule with its tasks read from another alias of their table, or from a selection of it."""
        done = tuple(replace(column, column=parent.c[column.column.name]) for column in self.done)
        return replace(self, parent=parent, done=done)

    def offsets(self, start: datetime, end: datetime) -> Offsets:
        """The offsets from UTC of every finish column in turn, and last of the outputs' creation time."""
        created = [self.created] if self.created else []
        return tuple(column.offset(start, end) for column in [*self.done, *created])

    @property
    def reads_known_formats(self) -> bool:
        """False while a SQLite column is empty, because how it spells its moments is then still open."""
        return all(column.format_known for column in [*self.done, *([self.created] if self.created else [])])

    @property
    def identity(self) -> list[ColumnElement[Any]]:
        """The columns that keep one row of the parent apart from every other, and those that judge it."""
        names = [self.mapping.parent.id, *(column.name for column in self.parent_table.primary_key)]
        names += [self.mapping.parent.deleted_at] if self.mapping.parent.deleted_at else []
        return [self.parent.c[name] for name in dict.fromkeys(names)]

    @property
    def key_is_unique(self) -> bool:
        """Whether the database itself refuses two tasks with one key."""
        return _is_unique(self.parent_table, {self.mapping.parent.id})

    def parse_key(self, text: str) -> object:
        """A key that was written as text, in the type of the parent's id column; ValueError if it cannot be one."""
        kind = _family(self.key.type)
        if kind == "uuid":
            return UUID(text)
        return int(text) if kind == "integer" else text


def bind(engine: Engine, mapping: RuleMapping, big_table_rows: int) -> BoundRule:
    """Reflect both tables and check every name of the mapping; MappingError names the key and the nearest columns."""
    with database_errors(engine):
        parent_table = _table(engine, mapping.parent.table, f"{mapping.id}.parent.table")
        child_table = _table(engine, mapping.child.table, f"{mapping.id}.child.table")
        return _bind_columns(engine, mapping, parent_table, child_table, big_table_rows)


def _bind_columns(
    engine: Engine, mapping: RuleMapping, parent_table: Table, child_table: Table, big_table_rows: int
) -> BoundRule:
    _check_names(mapping, parent_table, child_table)
    _check_states(mapping, parent_table)
    check_conditions(parent_table, mapping.parent.where, f"{mapping.id}.parent.where")
    check_conditions(child_table, mapping.child.where, f"{mapping.id}.child.where")
    _check_key_types(mapping, parent_table, child_table)
    parent, child = parent_table.alias("task"), child_table.alias("output")
    present = [name for name in mapping.parent.done_at if name in parent.c]
    done = [time_column(engine, parent, name, mapping.parent.tz, f"{mapping.id}.parent.done_at") for name in present]
    created = None
    if mapping.child.created_at:
        created = time_column(
            engine, child, mapping.child.created_at, mapping.child.tz, f"{mapping.id}.child.created_at"
        )
    return BoundRule(
        mapping=mapping,
        hash=rule_hash(mapping),
        parent_table=parent_table,
        child_table=child_table,
        parent=parent,
        child=child,
        done=tuple(_reachable(done)),
        created=created,
        orphans_possible=not _has_enforced_fk(engine, mapping, child_table),
        null_fk_possible=bool(child_table.c[mapping.child.fk].nullable),
        duplicates_possible=not _is_unique(child_table, {mapping.child.fk, mapping.child.output_key}),
        outputs_by_time=_is_indexed(child_table, mapping.child.created_at)
        or estimated_rows(engine, child_table) < big_table_rows,
    )


def _table(engine: Engine, name: str, key: str) -> Table:
    schema, _, plain = name.rpartition(".")
    if schema and schema not in (schemas := inspect(engine).get_schema_names()):
        raise MappingError(f"rules.{key}: there is no schema {schema!r} for table {name!r}{_nearest(schema, schemas)}")
    known = [*inspect(engine).get_table_names(schema or None), *inspect(engine).get_view_names(schema or None)]
    # Only names that the database itself lists ever reach a statement.
    if plain not in known:
        raise MappingError(f"rules.{key}: there is no table {name!r}{_nearest(plain, known)}")
    try:
        return Table(plain, MetaData(), schema=schema or None, autoload_with=engine, resolve_fks=False)
    except NoSuchTableError as error:
        raise MappingError(f"rules.{key}: table {name!r} cannot be read") from error


def _nearest(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=3)
    return f"; did you mean {' or '.join(close)}?" if close else ""


def _check_names(mapping: RuleMapping, parent: Table, child: Table) -> None:
    for key, name in _parent_names(mapping):
        _require(parent, name, f"{mapping.id}.parent.{key}")
    _require(parent, mapping.parent.done_at[0], f"{mapping.id}.parent.done_at")
    for key, name in _child_names(mapping):
        _require(child, name, f"{mapping.id}.child.{key}")


def _parent_names(mapping: RuleMapping) -> list[tuple[str, str]]:
    side = mapping.parent
    named = [("id", side.id), ("state", side.state), ("provider_task_id", side.provider_task_id)]
    named += [("deleted_at", side.deleted_at), *_condition_names(side.where)]
    return named + [("segments", name) for name in mapping.segments]


def _child_names(mapping: RuleMapping) -> list[tuple[str, str]]:
    side = mapping.child
    named = [("fk", side.fk), ("created_at", side.created_at), ("output_key", side.output_key)]
    named += [("deleted_at", side.deleted_at), *_condition_names(side.where)]
    return named + [("columns", name) for name in side.columns]


def _condition_names(conditions: Sequence[Condition]) -> list[tuple[str, str]]:
    return [("where", condition.column) for condition in conditions]


def _require(table: Table, name: str, key: str) -> None:
    if name and name not in table.c:
        hint = _nearest(name, table.c.keys()) or f"; it has {', '.join(list(table.c.keys())[:12])}"
        raise MappingError(f"rules.{key}: table {table.name!r} has no column {name!r}{hint}")


def _check_states(mapping: RuleMapping, parent: Table) -> None:
    column, key = parent.c[mapping.parent.state], f"rules.{mapping.id}.parent.state_in"
    for value in mapping.parent.state_in:
        if isinstance(column.type, Enum) and value not in column.type.enums:
            raise MappingError(f"{key}: {value!r} is not one of the enum's values: {', '.join(column.type.enums)}")
        if isinstance(column.type, Integer) and not isinstance(value, int):
            raise MappingError(f"{key}: {value!r} is text, but {parent.name}.{column.name} holds integers")


def _check_key_types(mapping: RuleMapping, parent: Table, child: Table) -> None:
    key, fk = parent.c[mapping.parent.id], child.c[mapping.child.fk]
    if _family(key.type) != _family(fk.type):
        raise MappingError(
            f"rules.{mapping.id}.child.fk: {child.name}.{fk.name} is {fk.type}"
            f" but {parent.name}.{key.name} is {key.type}; they must be of one kind to be joined"
        )


def _family(kind: TypeEngine[object]) -> str:
    if isinstance(kind, Integer):
        return "integer"
    return "uuid" if isinstance(kind, Uuid) else "text"


def _reachable(columns: list[TimeColumn]) -> list[TimeColumn]:
    """Later columns only matter while the earlier ones can be NULL."""
    kept: list[TimeColumn] = []
    for column in columns:
        kept.append(column)
        if not column.nullable:
            break
    return kept


def _has_enforced_fk(engine: Engine, mapping: RuleMapping, child: Table) -> bool:
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


def _is_unique(table: Table, names: set[str]) -> bool:
    """Whether a primary key or a full unique index lies within the named columns."""
    groups = [index.columns for index in table.indexes if index.unique and not _is_partial(index)]
    groups += [constraint.columns for constraint in table.constraints if isinstance(constraint, UniqueConstraint)]
    return any(
        len(group) and {column.name for column in group} <= names for group in [*groups, table.primary_key.columns]
    )


def _is_partial(index: Index) -> bool:
    return any(options.get("where") is not None for options in index.dialect_options.values())


def _is_indexed(table: Table, name: str) -> bool:
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
    " AND relnamespace = coalesce(to_regnamespace(CAST(:schema AS text)), current_schema()::regnamespace)"
)
