"""Columns of enums, whose values are shown and not judged."""

from typing import Any

from sqlalchemy import ColumnElement, Enum, String, type_coerce


def with_any_value(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The column, an enum as the text that the database gives for it.

    Its type knows the values of the moment when the rule was read, and raises for what the application has added since.
    """
    return type_coerce(column, String) if isinstance(column.type, Enum) else column
