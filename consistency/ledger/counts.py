"""Sums that only grow: each source of rows has its own, with the place up to which its rows are in them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from consistency.ledger.count_tables import counts

#: What is counted, such as `("checks", "task-outputs", "quick", "healthy")`.
Name = tuple[str, ...]


@dataclass(frozen=True)
class Sums:
    """The sums of one source; `place` is empty before anything was counted."""

    place: str = ""
    by_name: Mapping[Name, float] = field(default_factory=dict)
    version: int = 0

    def with_more(self, place: str, more: Mapping[Name, float]) -> "Sums":
        """The same with what was counted up to the next place."""
        return Sums(place, added(self.by_name, more), self.version + 1)


def added(first: Mapping[Name, float], second: Mapping[Name, float]) -> dict[Name, float]:
    """The sums of both."""
    return {name: first.get(name, 0) + second.get(name, 0) for name in [*first, *(second.keys() - first.keys())]}


def read_sums(connection: Connection) -> dict[str, Sums]:
    """What was counted, by source; a source that was never counted is not there."""
    rows = connection.execute(select(counts))
    return {row.source: Sums(row.place, _parsed(row.sums), row.version) for row in rows}


def keep_sums(connection: Connection, source: str, sums: Sums, now: datetime) -> bool:
    """Put the sums in the place of those of the version before; False, and nothing changes, if they are gone."""
    values = {"version": sums.version, "place": sums.place, "sums": _written(sums.by_name), "updated_at": now}
    if sums.version == 1:
        try:
            with connection.begin_nested():
                connection.execute(insert(counts).values(source=source, **values))
        except IntegrityError:
            return False
        return True
    before = (counts.c.source == source) & (counts.c.version == sums.version - 1)
    return connection.execute(update(counts).where(before).values(values)).rowcount == 1


def _written(sums: Mapping[Name, float]) -> str:
    return json.dumps([[*name, amount] for name, amount in sorted(sums.items())], ensure_ascii=False)


def _parsed(text: str) -> dict[Name, float]:
    return {tuple(name): amount for *name, amount in json.loads(text)}
