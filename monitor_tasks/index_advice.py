"""Which indexes the statements of a rule need, which of them are missing, and the exact line that creates each."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from sqlalchemy import Engine, Index, MetaData, Table, inspect
from sqlalchemy.dialects import mysql
from sqlalchemy.exc import CompileError
from sqlalchemy.schema import CreateIndex

from consistency.database import database_errors
from consistency.host import BoundRule

#: The names that the statements bear in timings and messages.
TASKS, STRAYS = "tasks", "outputs without task"
FUTURE, UNPLACED = "finish times in the future", "tasks without any finish time"

_LONGEST_NAME = 60
_PREFIX_LENGTH = 64
_UNBOUNDED = (mysql.TINYTEXT, mysql.TEXT, mysql.MEDIUMTEXT, mysql.LONGTEXT, mysql.TINYBLOB, mysql.BLOB)
_DOUBLES_PERCENT = ("format", "pyformat")


@dataclass(frozen=True)
class AdvisedIndex:
    """An index that a rule needs; one that begins with any of the `served_by` columns, in that order, will do.

    `helps` are the names of the statements that need it; a partial index must let all of `states` in.
    """

    table: Table
    purpose: str
    sql: str
    served_by: tuple[tuple[str, ...], ...]
    helps: tuple[str, ...]
    states: tuple[Any, ...] = ()


@dataclass(frozen=True)
class ExistingIndex:
    """An index as the database describes it; `condition` is the text of a partial index, else empty."""

    columns: tuple[str | None, ...]
    condition: str = ""


def advised_indexes(engine: Engine, rule: BoundRule) -> list[AdvisedIndex]:
    """Every index the rule needs, there or not, one line of SQL each, without doubles."""
    side, child = rule.mapping.parent, rule.mapping.child
    advice = [
        tasks_by_time(engine, rule, 0),
        _plain(engine, rule.parent_table, (side.id,), "finding a task by its key", (STRAYS,)),
        _plain(engine, rule.child_table, (child.fk, child.created_at), "finding a task's outputs", (TASKS,)),
    ]
    if child.created_at and (rule.orphans_possible or rule.null_fk_possible):
        purpose = "finding outputs that have no task"
        advice.append(_plain(engine, rule.child_table, (child.created_at, child.fk), purpose, (STRAYS,)))
    return list({index.sql: index for index in advice}.values())


def tasks_by_time(engine: Engine, rule: BoundRule, place: int) -> AdvisedIndex:
    """The index that finds the successful tasks of a window by finish column number `place`.

    On PostgreSQL the later finish columns follow, so that tasks without the first time are found by the next one, and
    not by reading all of them whatever the window. Others could not list tasks in the order of such an index.
    """
    side, column = rule.mapping.parent, rule.done[place].column.name
    later = [done.column.name for done in rule.done[place + 1 :]]
    purpose = f"finding successful tasks by {column}"
    served_by = ((column,), (side.state, column))
    if engine.dialect.name == "postgresql":
        try:
            sql = _create(engine, rule.parent_table, (column, *later, side.id), _succeeded(rule))
        except CompileError:  # a state of a type that cannot be written down as a literal
            sql = _create(engine, rule.parent_table, (side.state, column, side.id))
    else:
        sql = _create(engine, rule.parent_table, (side.state, column, side.id))
    return AdvisedIndex(rule.parent_table, purpose, sql, served_by, (TASKS, FUTURE, UNPLACED), side.state_in)


def missing_indexes(engine: Engine, rule: BoundRule) -> list[AdvisedIndex]:
    """The advised indexes that the tables lack right now; a view needs none of its own."""
    with database_errors(engine):
        inspector = inspect(engine)
        views = {table for table in (rule.parent_table, rule.child_table) if _is_view(inspector, table)}
        there = {table: existing_indexes(engine, table) for table in (rule.parent_table, rule.child_table)}
    advised = [index for index in advised_indexes(engine, rule) if index.table not in views]
    return [index for index in advised if not any(serves(found, index) for found in there[index.table])]


def existing_indexes(engine: Engine, table: Table) -> list[ExistingIndex]:
    """All indexes of the table as they are now, with those behind its keys."""
    inspector = inspect(engine)
    found = [
        ExistingIndex(tuple(index["column_names"]), _condition(index.get("dialect_options", {})))
        for index in inspector.get_indexes(table.name, table.schema)
    ]
    unique = inspector.get_unique_constraints(table.name, table.schema)
    keys = [inspector.get_pk_constraint(table.name, table.schema)["constrained_columns"]]
    keys += [constraint["column_names"] for constraint in unique]
    return found + [ExistingIndex(tuple(columns)) for columns in keys if columns]


def serves(found: ExistingIndex, advised: AdvisedIndex) -> bool:
    """Whether the index that is there does the work of the advised one."""
    leads = any(found.columns[: len(columns)] == columns for columns in advised.served_by)
    return leads and _holds_all(found, advised)


def _holds_all(found: ExistingIndex, advised: AdvisedIndex) -> bool:
    """A partial index must hold every successful task; one that only leaves NULLs out holds every one with a time."""
    condition = found.condition.lower()
    if not condition or condition.strip("() ") in {f"{columns[-1]} is not null" for columns in advised.served_by}:
        return True
    return bool(advised.states) and all(re.search(_as_written(state), found.condition) for state in advised.states)


def _as_written(state: Any) -> str:
    """A pattern for the state in the text of a condition; `true` may be written in many ways, or not at all."""
    if isinstance(state, bool):
        return ""
    if isinstance(state, int):
        return rf"(?<!\w){state}(?!\w)"
    return re.escape("'{}'".format(str(state).replace("'", "''")))


def _condition(options: dict[str, Any]) -> str:
    return next((str(value) for name, value in options.items() if name.endswith("_where")), "")


def _is_view(inspector: Any, table: Table) -> bool:
    return table.name not in inspector.get_table_names(table.schema)


def _succeeded(rule: BoundRule) -> Any:
    return rule.parent_table.c[rule.mapping.parent.state].in_(rule.mapping.parent.state_in)


def _plain(engine: Engine, table: Table, columns: Iterable[str], purpose: str, helps: tuple[str, ...]) -> AdvisedIndex:
    named = tuple(name for name in columns if name)
    return AdvisedIndex(table, purpose, _create(engine, table, named), (named[:1],), helps)


def _create(engine: Engine, table: Table, columns: Iterable[str], where: Any = None) -> str:
    """One line of SQL, every name quoted as the database wants it; PostgreSQL goes on writing meanwhile."""
    own = table.to_metadata(MetaData())  # an index made on the reflected table would count as one that is there
    own.indexes.clear()
    unique = list(dict.fromkeys(columns))
    lengths = {name: _PREFIX_LENGTH for name in unique if isinstance(own.c[name].type, _UNBOUNDED)}
    options: dict[str, Any] = {"postgresql_concurrently": True}
    options |= {"mysql_length": lengths, "mariadb_length": lengths} if lengths else {}
    options |= {} if where is None else {"postgresql_where": where}
    index = Index(_name(table, unique), *(own.c[name] for name in unique), **options)
    line = " ".join(str(CreateIndex(index).compile(dialect=engine.dialect)).split())
    return line.replace("%%", "%") if engine.dialect.paramstyle in _DOUBLES_PERCENT else line


def _name(table: Table, columns: list[str]) -> str:
    """A name that says whose advice it was; every database allows 63 characters."""
    name = f"reconcilery_{table.name}_{'_'.join(columns)}"
    if len(name.encode()) <= _LONGEST_NAME:
        return name
    cut = name.encode()[: _LONGEST_NAME - 9].decode(errors="ignore")
    return f"{cut}_{crc32(name.encode()):08x}"
