"""A rule is held against the tables that it names, and bound to them. Nothing here writes."""

import difflib
from collections.abc import Iterable, Sequence

from sqlalchemy import Engine, Enum, Integer, MetaData, Table, inspect
from sqlalchemy.exc import NoSuchTableError

from consistency.condition_values import check_conditions
from consistency.database import database_errors
from consistency.errors import MappingError
from consistency.host import BoundRule
from consistency.mapping import Condition, RuleMapping, rule_hash
from consistency.moments import TimeColumn, time_column
from consistency.table_facts import estimated_rows, has_enforced_fk, is_indexed, is_unique, key_family, mark_json_texts


def bind(engine: Engine, mapping: RuleMapping, big_table_rows: int) -> BoundRule:
    """Reflect both tables and check every name of the mapping; MappingError names the key and the nearest columns."""
    with database_errors(engine):
        parent_table = _table(engine, mapping.parent.table, f"{mapping.id}.parent.table")
        child_table = _table(engine, mapping.child.table, f"{mapping.id}.child.table")
        mark_json_texts(engine, child_table)
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
        orphans_possible=not has_enforced_fk(engine, mapping, child_table),
        null_fk_possible=bool(child_table.c[mapping.child.fk].nullable),
        duplicates_possible=not is_unique(child_table, {mapping.child.fk, mapping.child.output_key}),
        outputs_by_time=is_indexed(child_table, mapping.child.created_at)
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
    if key_family(key.type) != key_family(fk.type):
        raise MappingError(
            f"rules.{mapping.id}.child.fk: {child.name}.{fk.name} is {fk.type}"
            f" but {parent.name}.{key.name} is {key.type}; they must be of one kind to be joined"
        )


def _reachable(columns: list[TimeColumn]) -> list[TimeColumn]:
    """Later columns only matter while the earlier ones can be NULL."""
    kept: list[TimeColumn] = []
    for column in columns:
        kept.append(column)
        if not column.nullable:
            break
    return kept
