"""Rows as they stand in a table, written down so that they can be found and compared again."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, String, Table, Uuid, and_
from sqlalchemy.sql.selectable import NamedFromClause


def image_of(row: Mapping[str, Any]) -> str:
    """The row as JSON, columns in the order of their names; equal rows have equal images."""
    return canonical(dict(row))


def hash_of(image: str) -> str:
    """SHA-256 of an image, in 64 hex digits."""
    return hashlib.sha256(image.encode()).hexdigest()


def changed_columns(before: str, after: str) -> dict[str, tuple[Any, Any]]:
    """Which columns differ between two images: name -> (then, now)."""
    old, new = json.loads(before), json.loads(after)
    return {name: (old.get(name), new.get(name)) for name in sorted({*old, *new}) if old.get(name) != new.get(name)}


def canonical(value: Any) -> str:
    """JSON of plain and of database values, always spelled the same way."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_spelled)


def _spelled(value: Any) -> Any:
    if isinstance(value, datetime | date | time):
        return _in_utc(value).isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    return repr(value)


def _in_utc(value: date | time) -> date | time:
    # Which zone a moment comes in is a matter of the session.
    return value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo is not None else value


def primary_key_text(values: Sequence[Any]) -> str:
    """A primary key as it stands in the journal."""
    return canonical(list(values))


def has_findable_key(table: Table) -> bool:
    """Whether rows of the table can be found again by a key that went through JSON."""
    columns = list(table.primary_key.columns)
    return bool(columns) and all(isinstance(column.type, Integer | String | Uuid) for column in columns)


def at_key(table: Table | NamedFromClause[Any], text: str) -> ColumnElement[bool]:
    """The row whose primary key stands in the journal as `text`."""
    values = json.loads(text)
    pairs = zip(table.primary_key, values, strict=True)
    return and_(*(column == _native(column, value) for column, value in pairs))


def _native(column: Any, value: Any) -> Any:
    return UUID(value) if isinstance(column.type, Uuid) and column.type.as_uuid else value
