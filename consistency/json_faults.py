"""What in a value JSON does not know, in words that lead to it."""

import json
import math
from collections.abc import Mapping
from typing import Any

_LONGEST = 60
#: What is nested deeper than this cannot be read again everywhere.
DEEPEST = 100


def json_fault(path: str, value: Any, depth: int = 0) -> str:
    """The first fault with the way to it and the fix, such as `details.when: a datetime is no JSON`; empty for none."""
    if depth > DEEPEST:
        return f"{path[:_LONGEST]}…: it is nested more than {DEEPEST} deep"
    if isinstance(value, dict):
        return _fault_of_table(path, value, depth)
    if isinstance(value, list | tuple):
        return next(
            (fault for no, each in enumerate(value) if (fault := json_fault(f"{path}[{no}]", each, depth + 1))), ""
        )
    if isinstance(value, float) and not math.isfinite(value):
        return f"{path}: {value} is no number in JSON; leave it out or give null"
    if value is None or isinstance(value, str | int | float):
        return ""
    return f"{path}: {_named(value)} is no JSON; give text, a number, true, false, null, a list or a dict"


def _fault_of_table(path: str, table: Mapping[Any, Any], depth: int) -> str:
    for key, each in table.items():
        if not isinstance(key, str | int | float | None):
            return f"{path}: the key {shown(key)} is no text"
        if fault := json_fault(f"{path}.{key}", each, depth + 1):
            return fault
    return ""


def shown(value: object) -> str:
    """A value as an error shows it: as JSON of at most 60 characters, or by the name of its type."""
    try:
        text = json.dumps(value, ensure_ascii=True)
    except (TypeError, ValueError, RecursionError):
        text = _named(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _named(value: object) -> str:
    kind = type(value).__name__
    return f"an {kind}" if kind[0].lower() in "aeiou" else f"a {kind}"
