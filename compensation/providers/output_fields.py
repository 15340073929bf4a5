"""From what a provider lists to outputs: the fields that can be stored, and the key that tells each one apart."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from compensation.details import detail_text
from compensation.provider import Output, Scalar

#: As many characters as the journal keeps of a key.
LONGEST_KEY = 191


def scalars(element: Mapping[str, Any]) -> dict[str, Scalar]:
    """The fields that hold text, numbers, true, false or nothing."""
    return {name: value for name, value in element.items() if _is_scalar(value)}


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))


def keyed(elements: Iterable[Mapping[str, Scalar]]) -> tuple[Output, ...]:
    """Outputs in their order, under their own `key` or else `nodeId#ordinal within the node`.

    ValueError with one line if a key stands twice or is too long to be stored.
    """
    places: Counter[str] = Counter()
    outputs: dict[str, Output] = {}
    for element in elements:
        node = _text(element.get("nodeId"))
        own = _text(element.get("key"))
        key = own or f"{node}#{places[node]}"
        places[node] += 0 if own else 1
        if len(key) > LONGEST_KEY:
            raise ValueError(detail_text("long_key", most=LONGEST_KEY))
        if key in outputs:
            raise ValueError(detail_text("same_key", key=repr(key[:40])))
        outputs[key] = Output(key, {name: value for name, value in element.items() if name != "key"})
    return tuple(outputs.values())


def _text(value: Scalar) -> str:
    return "" if value is None else str(value)
