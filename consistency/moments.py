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
    func,
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


#: Seconds to take from a local time for UTC: first so many, and from each local boundary on so many.
Offset = tuple[int, tuple[tuple[datetime, int], ...]]


@dataclass(frozen=True)
class TimeColumn:
    """A column that holds moments: `zone` is None where the database itself keeps UTC instants."""

    column: ColumnElement[Any]
    nullable: bool
    zone: ZoneInfo | None
    text_separator: str = ""  # SQLite keeps moments as text: a blank or a T between date and time.
    text_offset: timedelta | None = None  # and where each text names its offset, this is it.
    text_zulu: bool = False  # The offset is written as Z.
    format_known: bool = True

    def value(self, moment: datetime) -> Any:
        """What sorts among the column's values as `moment` (aware UTC) does among moments."""
        if self.text_offset is not None:
            return _shortest_text(moment + self.text_offset, self.text_separator)
        value = moment if self.zone is None else local_bound(moment, self.zone)
        return self._stored(value)

    def _stored(self, value: datetime) -> Any:
        if self.text_separator:
            return _shortest_text(value, self.text_separator)
        return value if self._is_aware else value.replace(tzinfo=None)

    @property
    def _is_aware(self) -> bool:
        return isinstance(self.column.type, DateTime) and self.column.type.timezone

    def parameter(self, name: str) -> ColumnElement[Any]:
        """A named parameter that takes such a value."""
        return bindparam(name, type_=String() if self.text_separator else DateTime(timezone=self._is_aware))

    def bound(self, moment: datetime) -> ColumnElement[Any]:
        """The same as a bound value."""
        return self._bound(self.value(moment))

    def _bound(self, value: Any) -> ColumnElement[Any]:
        return bindparam(None, value, type_=String() if self.text_separator else DateTime(timezone=self._is_aware))

    @property
    def bare(self) -> ColumnElement[Any]:
        """The column as it is compared: never converted, so that its index serves (but see `between`)."""
        if not self.text_separator:
            return self.column
        text = type_coerce(self.column, String)
        return func.rtrim(text, "Z") if self.text_zulu else text

    def between(self, start: ColumnElement[Any], end: ColumnElement[Any]) -> list[ColumnElement[bool]]:
        """The value lies in [start, end); both are values or parameters of this column."""
        exact = [self.bare >= start, self.bare < end]
        if not self.text_zulu:
            return exact
        # A Z sorts behind a fraction, so only without it are texts in the order of time; whole seconds serve the index.
        text = type_coerce(self.column, String)
        return [*exact, text >= func.substr(start, 1, 19), text < func.substr(end, 1, 19).concat("z")]

    def offset(self, start: datetime, end: datetime) -> Offset:
        """The zone's offsets from UTC for values that mean moments between the two."""
        if self.zone is None:
            return int(self.text_offset.total_seconds()) if self.text_offset else 0, ()
        first, steps = offset_steps(self.zone, start - _LOCAL_MARGIN, end + _LOCAL_MARGIN)
        return first, tuple(steps)

    def epoch(self, value: ColumnElement[Any], offset: Offset) -> ColumnElement[float]:
        """A value of this column in seconds since 1970, UTC."""
        local: ColumnElement[float] = seconds_since_1970(value)
        first, steps = offset
        if not steps:
            return local - literal(float(first), Float) if first else local
        seconds = [literal(float(each), Float) for each in (first, *(after for _, after in steps))]
        boundaries = [self._bound(self._stored(boundary)) for boundary, _ in steps]
        whens = [(value < boundary, before) for boundary, before in zip(boundaries, seconds[:-1], strict=True)]
        return local - case(*whens, else_=seconds[-1])


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
    return TimeColumn(column, nullable, None, separator, moment.utcoffset(), text_zulu=value.endswith("Z"))


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
    # SQLite's own functions round to milliseconds, which would put a moment before midnight into the next day.
    moment = compiler.process(element.clauses, **kwargs)
    seconds, fraction = f"strftime('%s', substr({moment}, 1, 19))", f"'0' || substr({moment}, 20, 7)"
    return f"(CAST({seconds} AS INTEGER) + CAST({fraction} AS REAL))"


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
