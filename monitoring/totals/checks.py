"""Checks that have ended: how they ended, how long they took, and how long the database worked for them."""

import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, MutableMapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from consistency.ledger.counts import Name
from consistency.ledger.tables import check_runs
from consistency.model import CheckType
from consistency.settings import Settings
from monitoring.totals.counting import Counted, between, place_of

#: Upper ends of the steps in which the length of checks is counted, in seconds; the last step has none.
STEPS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)
#: How a run ended that has no report, and so no health.
CANCELLED = "cancelled"
_COLUMNS = ("rule_id", "type", "created_at", "closed_at", "report")


def count_checks(connection: Connection, settings: Settings, place: str, before: datetime | None) -> Counted:
    """Runs by the moment at which they ended."""
    # Rule and type stand first in the index.
    rules, types = [rule.id for rule in settings.rules], [str(kind) for kind in CheckType]
    known = check_runs.c.rule_id.in_(rules) & check_runs.c.type.in_(types)
    ended = between(check_runs.c.closed_at, place, before) & check_runs.c.closed_at.is_not(None)
    chosen = select(*(check_runs.c[name] for name in _COLUMNS)).where(known, ended)
    sums: MutableMapping[Name, float] = defaultdict(float)
    with connection.execute(chosen.execution_options(yield_per=100)) as rows:
        for row in rows:
            report = json.loads(row.report) if row.report else None
            sums["checks", row.rule_id, row.type, report["health"] if report else CANCELLED] += 1
            if report:
                _note_length(sums, row.type, (row.closed_at - row.created_at).total_seconds())
                _note_statements(sums, report)
    return Counted(place_of(before), sums)


def _note_length(sums: MutableMapping[Name, float], kind: str, seconds: float) -> None:
    sums["check_seconds", kind, str(bisect_left(STEPS, seconds))] += 1
    sums["check_seconds_sum", kind] += max(0.0, seconds)


def _note_statements(sums: MutableMapping[Name, float], report: Mapping[str, Any]) -> None:
    for name, spent in report.get("database", {}).get("statements", {}).items():
        sums["queries", name] += spent["times"]
        sums["query_seconds", name] += spent["seconds"]
