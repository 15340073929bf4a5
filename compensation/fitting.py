"""Makes of a value, as a provider tells it or a mapping spells it, what a column of the application's table takes."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import Boolean, Column, Date, DateTime, Enum, Float, Integer, LargeBinary, Numeric, String, Uuid
from sqlalchemy.dialects.mysql import TIMESTAMP as MYSQL_TIMESTAMP

from consistency.errors import ReconcileryError
from consistency.table_facts import JSON_TEXT

_WORDS = {"true": True, "false": False, "1": True, "0": False}
_HEX_DIGITS = 32


class Unfit(ReconcileryError):
    """An output that does not fit the table; names the column."""


def fitted(column: Column[Any], value: Any, zone: ZoneInfo) -> Any:
    """The value in the column's own type; raises Unfit. Moments for columns without a zone are told in `zone`."""
    if value is None:
        return None
    if column.info.get(JSON_TEXT):
        return json.dumps(value, ensure_ascii=False)
    try:
        found = _converted(column.type, value, zone)
    except (ValueError, ArithmeticError):
        raise Unfit(f"column {column.name}: {str(value)[:60]!r} is no {column.type}") from None
    length = getattr(column.type, "length", None)
    if isinstance(found, str) and isinstance(length, int) and len(found) > length:
        raise Unfit(f"column {column.name}: {len(found)} characters do not fit into {column.type}")
    return found


def new_uuid(column: Column[Any]) -> Any:
    """A new UUID as the column keeps one: itself, or as text of 32 or 36 characters."""
    made = uuid4()
    if isinstance(column.type, Uuid):
        return made
    return made.hex if getattr(column.type, "length", None) == _HEX_DIGITS else str(made)


def _converted(kind: Any, value: Any, zone: ZoneInfo) -> Any:
    if getattr(kind, "display_width", None) == 1:
        return _truth(kind, value, zone)
    convert = next((convert for family, convert in _CONVERTERS if isinstance(kind, family)), None)
    return convert(kind, value, zone) if convert else value


def _one_of(kind: Any, value: Any, _: ZoneInfo) -> str:
    if str(value) not in kind.enums:
        raise ValueError(value)
    return str(value)


def _truth(_kind: Any, value: Any, _: ZoneInfo) -> bool:
    try:
        return _WORDS[str(value).strip().lower()]
    except KeyError:
        raise ValueError(value) from None


def _number(kind: Any, value: Any, _: ZoneInfo) -> Any:
    number = Decimal(int(value) if isinstance(value, bool) else str(value))
    if not number.is_finite() or (isinstance(kind, Integer) and number != number.to_integral_value()):
        raise ValueError(value)
    return kind.python_type(number)


def _moment(kind: Any, value: Any, zone: ZoneInfo) -> datetime | date:
    told = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
    local = told.astimezone(zone).replace(tzinfo=None) if told.tzinfo else told
    if isinstance(kind, Date):
        return local.date()
    if kind.timezone:
        return told if told.tzinfo else told.replace(tzinfo=zone)
    # MySQL's TIMESTAMP keeps moments, and takes them in the session's zone, which is UTC.
    return told.astimezone(UTC).replace(tzinfo=None) if isinstance(kind, MYSQL_TIMESTAMP) and told.tzinfo else local


def _text(_kind: Any, value: Any, zone: ZoneInfo) -> str:
    if isinstance(value, datetime):
        return value.astimezone(zone).replace(tzinfo=None).isoformat(" ")
    return str(value).lower() if isinstance(value, bool) else str(value)


#: The first family that a column's type belongs to; a type of none takes the value as it is.
_CONVERTERS: list[tuple[Any, Callable[[Any, Any, ZoneInfo], Any]]] = [
    (Enum, _one_of),
    (Boolean, _truth),
    ((Integer, Numeric, Float), _number),
    ((DateTime, Date), _moment),
    (String, _text),
    (Uuid, lambda _kind, value, _zone: UUID(str(value))),
    (LargeBinary, lambda _kind, value, _zone: str(value).encode()),
]
