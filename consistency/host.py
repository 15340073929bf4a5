"""A rule on the application's tables: every name of its mapping is a column here."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table
from sqlalchemy.sql.selectable import NamedFromClause

from consistency.mapping import RuleMapping
from consistency.moments import Offset, TimeColumn
from consistency.table_facts import is_unique, key_family
from consistency.value_types import LARGEST_INTEGER

Offsets = tuple[Offset, ...]
_SURROGATE = re.compile("[\ud800-\udfff]")
_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,40}\s*")


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
        return is_unique(self.parent_table, {self.mapping.parent.id})

    def parse_key(self, text: str) -> object:
        """A key that was written as text, in the type of the parent's id column; ValueError if it cannot be one."""
        kind = key_family(self.key.type)
        if kind == "uuid":
            return UUID(text)
        if kind == "integer":
            return _whole(text)
        if "\x00" in text or _SURROGATE.search(text):
            raise ValueError("no database keeps this character")
        return text


def _whole(text: str) -> int:
    # Python also reads underscores, digits of other scripts, and numbers that no column holds.
    if not _INTEGER.fullmatch(text) or abs(number := int(text)) > LARGEST_INTEGER:
        raise ValueError("no number of a database column")
    return number
