"""Values as cells of a CSV file that may be opened in a spreadsheet."""

from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_cell(value: Any) -> Any:
    """Numbers as they are, text so that no spreadsheet runs it as a formula."""
    if value is None or isinstance(value, int | float):
        return value
    # A lone carriage return would end the line unquoted.
    text = f"'{value}" if str(value).startswith(_FORMULA) else str(value)
    return text.replace("\r\n", "\n").replace("\r", "\n")
