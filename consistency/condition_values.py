"""What a filter compares with, held against the column's type before any statement is made of it."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Date, DateTime, Enum, Integer, Numeric, String, Table, Time, Uuid
from sqlalchemy.types import TypeEngine

from consistency.errors import MappingError
from consistency.mapping import Condition

_MOMENTS = (DateTime, Date, Time)


def check_conditions(table: Table, conditions: Iterable[Condition], key: str) -> None:
    """Raise MappingError for a value that the column cannot be compared with."""
    for condition in conditions:
        column = table.c[condition.column]
        try:
            compared(column.type, condition.value)
        except ValueError as error:
            raise MappingError(f"rules.{key}: {table.name}.{column.name} {error}") from None


def compared(kind: TypeEngine[object], value: object) -> object:
    """The value, or the list of values, as the column's type wants it; ValueError says what is wrong."""
    if isinstance(value, tuple):
        return [_one(kind, item) for item in value]
    return None if value is None else _one(kind, value)


def _one(kind: TypeEngine[object], value: object) -> object:
    if isinstance(kind, Uuid):
        return _uuid(value)
    problem = ""
    if isinstance(kind, Enum):
        problem = "" if value in kind.enums else f"knows no {value!r}; its values are {', '.join(kind.enums)}"
    elif isinstance(kind, _MOMENTS):
        problem = 'holds moments; a filter on it is "is null" or "is not null"'
    else:
        wanted, name = next((each[1:] for each in _FAMILIES if isinstance(kind, each[0])), (object, ""))
        problem = "" if isinstance(value, wanted) else f"holds {name}, which {value!r} is not"
    if problem:
        raise ValueError(problem)
    return value


def _uuid(value: object) -> UUID:
    try:
        return UUID(str(value))
    except ValueError:
        raise ValueError(f"holds UUIDs, which {value!r} is not") from None


_FAMILIES: tuple[tuple[Any, type | tuple[type, ...], str], ...] = (
    (Boolean, int, "true or false"),
    (Integer, int, "whole numbers"),
    (Numeric, (int, float), "numbers"),
    (String, str, "text"),
)
