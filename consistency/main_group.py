"""Whose outputs are missing in the main: one value of one column, out of a report's `missing_by`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class MainGroup:
    """`missing` of the `of` missing tasks that were looked at have this value, None for NULL, in the column."""

    column: str
    value: str | None
    missing: int
    of: int


def main_group(missing_by: Mapping[str, Sequence[Mapping[str, Any]]] | None) -> MainGroup | None:
    """The value that at least half of the missing tasks have, and at least two; of several the one of the most."""
    first = {column: rows[0] for column, rows in (missing_by or {}).items() if rows}
    largest = [MainGroup(column, row["value"], row["missing"], row["of"]) for column, row in first.items()]
    telling = [group for group in largest if group.missing > 1 and 2 * group.missing >= group.of]
    return max(telling, key=lambda group: group.missing / group.of, default=None)
