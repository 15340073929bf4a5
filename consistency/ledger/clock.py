"""The database's own clock as a column of a question that is asked anyway."""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from consistency.ledger.tables import UtcMoment


class clock(FunctionElement[datetime]):  # noqa: N801 - it is written as a function in a statement
    """The moment at which the row is read, in UTC."""

    type = UtcMoment()
    inherit_cache = True


@compiles(clock, "postgresql")
def _postgresql(_element: clock, _compiler: Any, **_how: Any) -> str:
    return "(clock_timestamp() AT TIME ZONE 'UTC')"


@compiles(clock, "mysql")
@compiles(clock, "mariadb")
def _mysql(_element: clock, _compiler: Any, **_how: Any) -> str:
    return "UTC_TIMESTAMP(6)"


@compiles(clock, "sqlite")
def _sqlite(_element: clock, _compiler: Any, **_how: Any) -> str:
    return "strftime('%Y-%m-%d %H:%M:%f000', 'now')"
