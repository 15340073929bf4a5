"""Nested values as an indented outline: rows of equal keys as a table, short lists on one line."""

from collections.abc import Iterator
from typing import Any

from cli.terminal import columns, printable


def outline(value: dict[str, Any], indent: str) -> Iterator[str]:
    """One line a key, its children below it, further in."""
    for name, item in value.items():
        label = f"{indent}{printable(name)}:"
        if isinstance(item, dict) and item:
            yield label
            yield from outline(item, indent + "  ")
        elif is_table(item):
            yield label
            yield from table(item, indent + "  ")
        else:
            yield f"{label} {_cell(item)}"


def is_table(item: Any) -> bool:
    """Whether it is a list of dictionaries with the same keys."""
    return (
        isinstance(item, list)
        and bool(item)
        and all(isinstance(row, dict) and row.keys() == item[0].keys() for row in item)
    )


def table(rows: list[dict[str, Any]], indent: str) -> list[str]:
    """The rows under a header of their keys."""
    header = [printable(name) for name in rows[0]]
    return columns([header, *([_cell(value) for value in row.values()] for row in rows)], indent)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, list):
        return ", ".join(map(_cell, value)) or "-"
    if isinstance(value, dict):
        return ", ".join(f"{printable(name)} {_cell(item)}" for name, item in value.items()) or "-"
    return printable(value)
