"""The statements that somebody who knows PostgreSQL would write by hand for the same counters, each in one go."""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

PLACED = """\
SELECT id, completed_at AS done, 0 AS unplaced FROM tasks
WHERE status = 'SUCCESS' AND completed_at >= %(lo)s AND completed_at < %(hi)s
UNION ALL
SELECT id, updated_at, 1 FROM tasks
WHERE status = 'SUCCESS' AND completed_at IS NULL AND updated_at >= %(lo)s AND updated_at < %(hi)s
"""
#: Best for a window that is most of the table: one pass over both.
ORPHANS_AT_ONCE = """\
SELECT count(*) FROM task_outputs o WHERE created_at >= %(lo)s AND created_at < %(hi)s AND task_id IS NOT NULL
AND NOT EXISTS (SELECT FROM tasks t WHERE t.id = o.task_id)
"""
#: Best for a short window: most outputs belong to its own tasks, the others are asked for by key.
ORPHANS_BY_KEY = """\
SELECT count(*) FROM (
    SELECT task_id FROM task_outputs o WHERE created_at >= %(lo)s AND created_at < %(hi)s AND task_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM tasks t WHERE t.id = o.task_id AND status = 'SUCCESS'
        AND completed_at >= %(lo)s - interval '10 minutes' AND completed_at < %(hi)s) OFFSET 0
) AS o WHERE (SELECT id FROM tasks t WHERE t.id = o.task_id LIMIT 1) IS NULL
"""
OTHER_COUNTS = """\
(SELECT count(*) FROM task_outputs WHERE created_at >= %(lo)s AND created_at < %(hi)s AND task_id IS NULL) AS null_fk,
(SELECT count(*) FROM tasks WHERE status = 'SUCCESS' AND (completed_at > %(as_of)s + interval '60 seconds'
 OR completed_at IS NULL AND updated_at > %(as_of)s + interval '60 seconds')) AS clock_skew
"""
ALL_COUNTERS = """\
WITH judged AS (
    SELECT p.done < %(as_of)s::timestamptz - interval '10 minutes' AS matured, p.unplaced, o.outputs,
        greatest(0, extract(epoch FROM o.first_output - p.done)::float8) AS delay,
        CASE WHEN o.outputs > 1 THEN (
            SELECT count(output_key) - count(DISTINCT output_key) FROM task_outputs WHERE task_id = p.id
        ) ELSE 0 END AS duplicates
    FROM ({placed}) AS p
    CROSS JOIN LATERAL (
        SELECT count(*) AS outputs, min(created_at) AS first_output FROM task_outputs WHERE task_id = p.id
    ) AS o
)
SELECT count(*) FILTER (WHERE matured) AS tasks,
    count(*) FILTER (WHERE matured AND outputs > 0) AS tasks_with_outputs,
    count(*) FILTER (WHERE matured AND outputs = 0) AS missing,
    count(*) FILTER (WHERE matured AND outputs > 0 AND delay > 300) AS late,
    count(*) FILTER (WHERE NOT matured AND outputs = 0) AS pending,
    coalesce(sum(outputs) FILTER (WHERE matured), 0) AS outputs,
    coalesce(sum(duplicates) FILTER (WHERE matured), 0) AS duplicates,
    coalesce(sum(unplaced), 0) AS no_finish_time,
    percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY delay)
        FILTER (WHERE matured AND outputs > 0) AS delays,
    max(delay) FILTER (WHERE matured AND outputs > 0) AS longest,
    ({orphans}) AS orphans,
    {other_counts}
FROM judged
"""
#: All counters of the report with exact delay percentiles, in one statement: for the last hour, and for everything.
HOUR = ALL_COUNTERS.format(placed=PLACED, orphans=ORPHANS_BY_KEY, other_counts=OTHER_COUNTS)
EVERYTHING = ALL_COUNTERS.format(placed=PLACED, orphans=ORPHANS_AT_ONCE, other_counts=OTHER_COUNTS)
#: The least that answers the question: how many tasks there are, and how many of them lack their output.
WITHOUT_DELAYS = f"""\
SELECT count(*) AS tasks, count(*) FILTER (WHERE o.task_id IS NULL) AS missing
FROM ({PLACED}) AS p
LEFT JOIN LATERAL (SELECT task_id FROM task_outputs WHERE task_id = p.id LIMIT 1) AS o ON true
WHERE p.done < %(as_of)s::timestamptz - interval '10 minutes'
"""


@dataclass(frozen=True)
class Answer:
    """The counters, and how many seconds it took from sending the statement to having its row."""

    counts: dict[str, Any]
    seconds: float


def ask(connection: psycopg.Connection, statement: str, lo: datetime, hi: datetime, as_of: datetime) -> Answer:
    """Run one of the statements for the half-open window."""
    bounds = {"lo": lo, "hi": hi, "as_of": as_of}
    with connection.cursor(row_factory=dict_row) as cursor:
        began = time.perf_counter()
        row = cursor.execute(statement, bounds).fetchone()
        seconds = time.perf_counter() - began
    assert row is not None
    return Answer(row, seconds)


def differences(report: dict[str, Any], answer: Answer) -> list[str]:
    """Which counters of the report are not those of the statement, and which delays are off by more than 1 %."""
    counts, counters = report["counts"], set(report["counts"]) & set(answer.counts)
    wrong = [
        f"{name}: {counts[name]} instead of {answer.counts[name]}"
        for name in sorted(counters)
        if counts[name] != answer.counts[name]
    ]
    if not answer.counts.get("delays"):
        return wrong
    exact = dict(zip(("p50", "p95", "p99"), answer.counts["delays"], strict=True), max=answer.counts["longest"])
    found = report["delay_seconds"]
    return wrong + [
        f"delay {name}: {found[name]} instead of {value:.3f}"
        for name, value in exact.items()
        if abs(found[name] - value) > 0.01 * value + 0.001
    ]
