"""Sums in Redis that all processes add to, of what leaves no row behind; without Redis nothing is counted."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import redis

from consistency.ledger.counts import Name
from consistency.shared import Shared


class SharedCounts:
    """One hash for all of them; each field is a name as a JSON list."""

    def __init__(self, shared: Shared, prefix: str) -> None:
        self._shared = shared
        self._key = f"{prefix}counts"

    def add(self, amounts: Mapping[Name, float]) -> None:
        """Add the amounts, in one go; never raises for what happens to the server."""

        def increase(client: redis.Redis) -> None:
            pipe = client.pipeline(transaction=False)
            for name, amount in amounts.items():
                pipe.hincrbyfloat(self._key, json.dumps(name, ensure_ascii=False), amount)
            pipe.execute()

        if amounts:
            self._shared.ask(increase, lambda: None)

    def read(self) -> dict[Name, float] | None:
        """All sums; None when Redis does not answer."""
        found: Any = self._shared.ask(lambda client: client.hgetall(self._key), lambda: None)
        return None if found is None else _parsed(found)


def _parsed(found: Mapping[str, str]) -> dict[Name, float]:
    sums: dict[Name, float] = {}
    for field, amount in found.items():
        with suppress(ValueError, TypeError):
            sums[tuple(map(str, json.loads(field)))] = float(amount)
    return sums
