"""How a database means to run a statement: which tables it would read from end to end."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ClauseElement, Connection, Executable
from sqlalchemy.ext.compiler import compiles

from monitor_tasks.statements import Prepared

#: An automatic index is made for one statement, and for that the whole table is read.
_SQLITE_SCAN = re.compile(r"SCAN (?:TABLE )?(?P<scanned>\S+)|SEARCH (?:TABLE )?(?P<indexed>\S+) USING AUTOMATIC ")
_NUMBERED = re.compile(r"_\d+$")


@dataclass(frozen=True, slots=True)
class FullRead:
    """A table, by its alias in the statement, that is read from end to end.

    `kept` is how many of its rows the database expects to need, or None where it does not say.
    """

    alias: str
    kept: float | None = None


class Explained(Executable, ClauseElement):
    """The statement with EXPLAIN before it; the values stay bound."""

    inherit_cache = False

    def __init__(self, statement: Executable) -> None:
        self.statement = statement


@compiles(Explained, "postgresql")
def _postgresql(element: Any, compiler: Any, **kwargs: Any) -> str:
    return f"EXPLAIN (FORMAT JSON) {compiler.process(element.statement, **kwargs)}"


@compiles(Explained, "sqlite")
def _sqlite(element: Any, compiler: Any, **kwargs: Any) -> str:
    return f"EXPLAIN QUERY PLAN {compiler.process(element.statement, **kwargs)}"


@compiles(Explained)
def _any(element: Any, compiler: Any, **kwargs: Any) -> str:
    return f"EXPLAIN {compiler.process(element.statement, **kwargs)}"


def full_reads(connection: Connection, prepared: Prepared) -> list[FullRead]:
    """The tables that the statement would read from end to end; nothing of it is run."""
    rows = connection.execute(Explained(prepared.statement), prepared.parameters).all()
    return list(_READERS[connection.dialect.name](rows))


def _from_postgresql(rows: Any) -> Iterator[FullRead]:
    plans = json.loads(rows[0][0]) if isinstance(rows[0][0], str) else rows[0][0]
    for node in _nodes(plans[0]["Plan"]):
        if node["Node Type"] == "Seq Scan":
            # An alias that occurs twice, or a partition, is numbered.
            yield FullRead(_NUMBERED.sub("", node["Alias"]), float(node["Plan Rows"]))


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


def _from_mysql(rows: Any) -> Iterator[FullRead]:
    for row in rows:
        if row.type in {"ALL", "index"} and row.table:
            yield FullRead(row.table)


def _from_sqlite(rows: Any) -> Iterator[FullRead]:
    for row in rows:
        if found := _SQLITE_SCAN.match(row.detail):
            yield FullRead(found["scanned"] or found["indexed"])


_READERS: dict[str, Callable[[Any], Iterator[FullRead]]] = {
    "postgresql": _from_postgresql,
    "mysql": _from_mysql,
    "mariadb": _from_mysql,
    "sqlite": _from_sqlite,
}
