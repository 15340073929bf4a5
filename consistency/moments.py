"""A time column of the application: how a UTC moment is compared with it, and how it becomes seconds in SQL."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Engine,
    Float,
    FromClause,
    String,
    bindparam,
    case,
    literal,
    select,
    type_coerce,
)
from sqlalchemy.dialects.mysql import TIMESTAMP as MYSQL_TIMESTAMP
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import KeyedColumnElement
from sqlalchemy.sql.functions import FunctionElement

from consistency.errors import MappingError
from consistency.zones import get_zone, local_bound, offset_steps

_LOCAL_MARGIN = timedelta(days=2)


@dataclass(frozen=True)
class TimeColumn:
    """A column that holds moments: `zone` is None where the database itself keeps UTC instants."""

    column: ColumnElement[Any]
    nullable: bool
    zone: ZoneInfo | None
    text_separator: str = ""  # SQLite keeps moments as text: a blank or a T between date and time.
    text_offset: timedelta | None = None  # and where each text names its offset, this is it.
    format_known: bool = True

    def bound(self, moment: datetime) -> ColumnElement[Any]:
        """A bound value that sorts among the column's values as `moment` (aware UTC) does among moments."""
        value = moment if self.zone is None else local_bound(moment, self.zone)
        if self.text_offset is not None:
            value = (moment + self.text_offset).replace(tzinfo=None)
        if self.text_separator:
            return bindparam(None, _shortest_text(value, self.text_separator), type_=String)
        aware = isinstance(self.column.type, DateTime) and self.column.type.timezone
        return bindparam(None, value if aware else value.replace(tzinfo=None), type_=DateTime(timezone=aware))

    @property
    def bare(self) -> ColumnElement[Any]:
        """The column as it is compared: never converted, so that its index serves."""
        return type_coerce(self.column, String) if self.text_separator else self.column

    def epoch(self, value: ColumnElement[Any], start: datetime, end: datetime) -> ColumnElement[float]:
        """A value of this column in seconds since 1970, UTC; right for moments between `start` and `end`."""
        local: ColumnElement[float] = seconds_since_1970(value)
        if self.zone is None:
            return local
        first, steps = offset_steps(self.zone, start - _LOCAL_MARGIN, end + _LOCAL_MARGIN)
        if not steps:
            return local - literal(float(first), Float) if first else local
        return local - self._offset(value, first, steps)

    def _offset(self, value: ColumnElement[Any], first: int, steps: list[tuple[datetime, int]]) -> ColumnElement[float]:
        offsets = [first, *(after for _, after in steps)]
        whens = [
            (value < self._local(boundary), literal(float(offset), Float))
            for (boundary, _), offset in zip(steps, offsets, strict=False)
        ]
        return case(*whens, else_=literal(float(offsets[-1]), Float))

    def _local(self, boundary: datetime) -> ColumnElement[Any]:
        if self.text_separator:
            return bindparam(None, _shortest_text(boundary, self.text_separator), type_=String)
        return bindparam(None, boundary, type_=DateTime())


def _shortest_text(value: datetime, separator: str) -> str:
    # Without trailing zeros the text is a prefix of every longer spelling of the same moment, so it sorts first.
    return (
        value.replace(tzinfo=None).isoformat(separator).rstrip("0").rstrip(".")
        if value.microsecond
        else (value.replace(tzinfo=None).isoformat(separator))
    )


def time_column(engine: Engine, table: FromClause, name: str, zone_name: str, key: str) -> TimeColumn:
    """The named column as moments; MappingError if it does not hold any."""
    column, nullable = table.c[name], bool(getattr(table.c[name], "nullable", True))
    if engine.dialect.name == "sqlite":
        return _sqlite_column(engine, column, zone_name, key)
    if not isinstance(column.type, DateTime):
        raise MappingError(f"rules.{key}: column {name!r} is {column.type}; a date-time column is needed")
    instants = column.type.timezone or isinstance(column.type, MYSQL_TIMESTAMP)
    return TimeColumn(column, nullable, None if instants else get_zone(zone_name))


def _sqlite_column(engine: Engine, column: KeyedColumnElement[Any], zone_name: str, key: str) -> TimeColumn:
    bare, nullable = type_coerce(column, String), bool(getattr(column, "nullable", True))
    with engine.execution_options(readonly=True).connect() as connection:
        value = connection.scalar(select(bare).where(column.is_not(None)).limit(1))
    if value is None:
        return TimeColumn(column, nullable, get_zone(zone_name), " ", format_known=False)
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise MappingError(
            f"rules.{key}: column {column.name!r} holds {str(value)[:40]!r}; date-times are ISO texts in SQLite"
        ) from error
    separator = "T" if "T" in value else " "
    if moment.tzinfo is None:
        return TimeColumn(column, nullable, get_zone(zone_name), separator)
    return TimeColumn(column, nullable, None, separator, text_offset=moment.utcoffset())


class seconds_since_1970(FunctionElement[float]):  # noqa: N801 - it reads as a function in SQL expressions
    """A date-time read as if it were UTC, in seconds with their fraction."""

    type = Float()
    inherit_cache = True


@compiles(seconds_since_1970, "postgresql")
def _postgresql(element: Any, compiler: Any, **kwargs: Any) -> str:
    # EXTRACT would take the long way over arbitrary precision.
    return f"date_part('epoch', {compiler.process(element.clauses, **kwargs)})"


@compiles(seconds_since_1970, "sqlite")
def _sqlite(element: Any, compiler: Any, **kwargs: Any) -> str:
    return f"((julianday({compiler.process(element.clauses, **kwargs)}) - 2440587.5) * 86400.0)"


@compiles(seconds_since_1970, "mysql")
@compiles(seconds_since_1970, "mariadb")
def _mysql(element: Any, compiler: Any, **kwargs: Any) -> str:
    return f"(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', {compiler.process(element.clauses, **kwargs)}) / 1000000e0)"


class whole(FunctionElement[int]):  # noqa: N801 - the same
    """A non-negative number without its fraction, as an integer."""

    inherit_cache = True


@compiles(whole, "sqlite")
def _sqlite_whole(element: Any, compiler: Any, **kwargs: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **kwargs)} AS INTEGER)"


@compiles(whole)
def _any_whole(element: Any, compiler: Any, **kwargs: Any) -> str:
    target = "BIGINT" if compiler.dialect.name == "postgresql" else "SIGNED"
    return f"CAST(FLOOR({compiler.process(element.clauses, **kwargs)}) AS {target})"
