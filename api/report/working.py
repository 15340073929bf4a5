"""What the checks themselves did: how many of each kind ran, what they cost the database, what they complained of."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

from api.report.history import Checked
from api.report.steps import step_of
from consistency.model import CheckType, Health, Level, Window, utc_text
from consistency.remarks import kept_remark
from consistency.stretches import floor_to
from monitor_tasks.hour_points import rounded

MOST_BARS = 168
MOST_TOLD = 20
_RANKS = {level: rank for rank, level in enumerate(Level)}
_NUMBERS = re.compile(r"[0-9][0-9T:.,Z-]*")
_HIGH = 0.95

#: A check, what it said, and the text by which equal ones are known.
Told = tuple[Checked, dict[str, Any], str]


def kinds_of(checks: Sequence[Checked]) -> list[dict[str, Any]]:
    """For each kind of check that ran: how often, what it found, its longest pause and its seconds in the database."""
    of_kinds = ((kind, [check for check in checks if check.type is kind]) for kind in CheckType)
    return [_kind(kind, found) for kind, found in of_kinds if found]


def _kind(kind: CheckType, checks: Sequence[Checked]) -> dict[str, Any]:
    seconds, healths = sorted(check.query_seconds for check in checks), Counter(check.health for check in checks)
    pauses = [later.as_of - earlier.as_of for earlier, later in pairwise(checks)]
    row = {
        "type": str(kind),
        "checks": len(checks),
        **{str(health): healths[health] for health in Health},
        "longest_pause_seconds": max(pauses).total_seconds() if pauses else None,
        "query_seconds_p50": median(seconds),
        "query_seconds_p95": seconds[min(len(seconds) - 1, int(_HIGH * len(seconds)))],
        "query_seconds_max": seconds[-1],
        "slowest_statement_seconds": max(check.slowest for check in checks),
    }
    rounded_row: dict[str, Any] = rounded(row)
    return rounded_row


def database_work(checks: Iterable[Checked], window: Window, slow: timedelta, every: timedelta) -> dict[str, Any]:
    """`step_seconds` and rows for the stretches in which checks ran: seconds in all, and the slowest statement's."""
    step = step_of(window, MOST_BARS, every)
    rows: dict[datetime, dict[str, Any]] = {}
    for check in checks:
        start = floor_to(check.as_of, step)
        empty = {"start": utc_text(start), "end": utc_text(start + step), "seconds": 0.0, "slowest": 0.0}
        row = rows.setdefault(start, empty)
        row["seconds"] += check.query_seconds
        row["slowest"] = max(row["slowest"], check.slowest)
    ordered = [{**rows[start], "is_slow": rows[start]["slowest"] >= slow.total_seconds()} for start in sorted(rows)]
    return {"step_seconds": int(step.total_seconds()), "rows": rounded(ordered)}


def findings_of(checks: Iterable[Checked]) -> list[dict[str, Any]]:
    """What checks found besides missing outputs, gravest first; those that differ in numbers alone are one."""
    told = ((check, finding, finding["source"] + finding["message"]) for check in checks for finding in check.findings)
    rows = [{**times, **finding} for times, finding in _grouped(told)]
    return sorted(rows, key=lambda row: (-_RANKS[Level(row["level"])], -row["times"]))[:MOST_TOLD]


def problems_of(checks: Iterable[Checked]) -> list[dict[str, Any]]:
    """What checks could not do, most frequent first; those that differ in numbers alone are one."""
    told = ((check, _problem(check, text), text) for check in checks for text in check.problems)
    rows = [{**times, **problem} for times, problem in _grouped(told)]
    return sorted(rows, key=lambda row: -row["times"])[:MOST_TOLD]


def _problem(check: Checked, text: str) -> dict[str, Any]:
    return {"problem": text, **kept_remark(text, check.remarks)}


def _grouped(told: Iterable[Told]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """How often, from when to when, and what was said last."""
    groups: dict[str, list[Told]] = {}
    for each in told:
        groups.setdefault(_NUMBERS.sub("#", each[2]), []).append(each)
    return [
        (
            {"times": len(group), "first_at": utc_text(group[0][0].as_of), "last_at": utc_text(group[-1][0].as_of)},
            group[-1][1],
        )
        for group in groups.values()
    ]
