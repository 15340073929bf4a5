"""For whom outputs are missing: the missing tasks alone, counted by the columns that the rule names."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Dialect, select

from consistency import gaps
from consistency.database import snapshot
from consistency.enum_columns import with_any_value
from consistency.host import BoundRule
from consistency.source import Source
from monitor_tasks.outputs import only_with_keys
from monitor_tasks.scan import Timing, timed
from monitor_tasks.segments import value_errors, value_text
from monitor_tasks.statements import Prepared

SHOWN = 5
#: Of more missing tasks than these only so many are looked at, spread over all of them.
MOST_KEYS = 1000
COLUMNS = "columns of missing tasks"

MissingBy = dict[str, list[dict[str, Any]]]


def missing_by_keys(source: Source, rule: BoundRule, keys: Collection[str], timings: list[Timing]) -> MissingBy:
    """The tasks with these keys, of which there is at least one, by each segment column; DatabaseError if too slow."""
    spread = islice(keys, 0, None, -(-len(keys) // MOST_KEYS))
    chosen = [rule.parse_key(key) for key in spread]
    source.on_progress()
    with snapshot(source.primary, source.statement_timeout) as connection:
        prepared = columns_statement(rule, connection.dialect, chosen)
        with value_errors():
            rows = list(timed(connection, prepared, COLUMNS, timings))
    names = enumerate(rule.mapping.segments)
    return {name: largest_first(Counter(value_text(row[place]) for row in rows)) for place, name in names}


def columns_statement(rule: BoundRule, dialect: Dialect, keys: Sequence[object]) -> Prepared:
    """The segment columns of the successful tasks with these keys, found by their keys as the second look does."""
    chosen, conditions = only_with_keys(rule, dialect.name)
    named = enumerate(rule.mapping.segments)
    columns = [with_any_value(chosen.parent.c[name]).label(f"segment_{place}") for place, name in named]
    statement = select(*columns).where(*conditions, *gaps.successful(chosen), gaps.alive(chosen))
    return Prepared(statement, {"keys": list(keys)})


def largest_first(missing: Mapping[str | None, int], known: int = 0) -> list[dict[str, Any]]:
    """The values with the most missing tasks; `of` is how many were looked at, or known of besides."""
    total = max(sum(missing.values()), known)
    found = sorted(missing.items(), key=lambda item: (-item[1], item[0] or ""))
    return [{"value": value, "missing": number, "of": total} for value, number in found[:SHOWN] if number]
