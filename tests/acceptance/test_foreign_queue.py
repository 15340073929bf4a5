"""A database that another program made and wrote: the jobs of a queue that lives in PostgreSQL.

Its worker runs real jobs; some of the events that say how they ended are then lost. Every number of a report is held
against a query that was written by hand for these tables.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, make_url, text

from consistency.database import connect
from consistency.mapping import RuleMapping
from consistency.model import CheckType
from consistency.resources import Resources
from monitor_tasks import checks
from tests.factories.checking import resources_of

PROGRAM = Path(__file__).with_name("queue_program.py")
SUCCEEDED = {"where": [{"column": "type", "op": "=", "value": "succeeded"}]}
EVENTS = {"table": "procrastinate_events", "fk": "job_id", "created_at": "at", **SUCCEEDED}
RULES = (
    RuleMapping.model_validate(
        {
            "id": "succeeded-jobs",
            "parent": {
                "table": "procrastinate_jobs",
                "id": "id",
                "state": "status",
                "state_in": ["succeeded"],
                "done_at": ["scheduled_at"],
            },
            "child": EVENTS,
            "grace": "0s",
            "late_after": "1h",
        }
    ),
    RuleMapping.model_validate(
        {
            "id": "started-events",
            "parent": {
                "table": "procrastinate_events",
                "id": "job_id",
                "state": "type",
                "state_in": ["started"],
                "done_at": ["at"],
            },
            "child": EVENTS,
            "grace": "0s",
            "late_after": "1h",
        }
    ),
)

BY_HAND = {
    "succeeded-jobs": """
        WITH task AS (SELECT id AS key, scheduled_at AS done FROM procrastinate_jobs
                      WHERE status = 'succeeded' AND scheduled_at >= :start AND scheduled_at < :end),
    """,
    "started-events": """
        WITH task AS (SELECT job_id AS key, at AS done FROM procrastinate_events
                      WHERE type = 'started' AND at >= :start AND at < :end),
    """,
}
COUNTS = """
    result AS (SELECT key, done, count(e.id) AS outputs, min(e.at) AS first
               FROM (SELECT row_number() OVER () AS no, * FROM task) AS task
               LEFT JOIN procrastinate_events e ON e.job_id = key AND e.type = 'succeeded'
               GROUP BY no, key, done)
    SELECT count(*) AS tasks, count(*) FILTER (WHERE outputs > 0) AS tasks_with_outputs,
           count(*) FILTER (WHERE outputs = 0) AS missing, coalesce(sum(outputs), 0) AS outputs,
           count(*) FILTER (WHERE first - done > interval '1 hour') AS late,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM first - done)) AS p50,
           max(extract(epoch FROM first - done)) AS max,
           array_agg(DISTINCT key::text) FILTER (WHERE outputs = 0) AS keys
    FROM result
"""


@pytest.fixture
def queue(postgres_url: str) -> Iterator[Engine]:
    address = make_url(postgres_url).set(drivername="postgresql").render_as_string(hide_password=False)
    done = subprocess.run([sys.executable, PROGRAM, address], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    engine = connect(postgres_url)
    with engine.begin() as connection:
        ended = connection.execute(text("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY 1 ORDER BY 1"))
        assert [tuple(row) for row in ended] == [("failed", 6), ("succeeded", 54)]
        lost = "DELETE FROM procrastinate_events WHERE type = 'succeeded' AND job_id % 9 = 0"
        assert connection.execute(text(lost)).rowcount >= 5
    yield engine
    engine.dispose()


def by_hand(engine: Engine, report: dict[str, Any]) -> dict[str, Any]:
    with engine.begin() as connection:
        return dict(connection.execute(text(BY_HAND[report["rule"]] + COUNTS), report["window"]).one()._mapping)


def report_of(resources: Resources, kind: CheckType, rule: str) -> dict[str, Any]:
    run, _ = checks.start(resources, kind, rule)
    report = checks.work(resources, run.id).report
    assert report is not None
    return report


def test_every_number_equals_that_of_a_query_written_by_hand(queue: Engine) -> None:
    resources = resources_of(queue, *RULES)
    missing = set()
    for rule in BY_HAND:
        for kind in (CheckType.QUICK, CheckType.FULL, CheckType.DEEP, CheckType.QUICK):
            report = report_of(resources, kind, rule)
            right = by_hand(queue, report)
            counts = report["counts"]
            for name in ("tasks", "tasks_with_outputs", "missing", "outputs", "late"):
                assert counts[name] == right[name], (rule, kind, name)
            for name in ("pending", "orphans", "null_fk", "no_finish_time", "clock_skew", "deleted"):
                assert counts[name] == 0, (rule, kind, name)
            assert counts["duplicates"] is None
            assert (report["coverage"], report["problems"]) == (1, [])
            assert set(report["missing_sample"]) == set(right["keys"] or [])
            assert report["completion_rate"] == right["tasks_with_outputs"] / right["tasks"]
            assert report["delay_seconds"]["p50"] == pytest.approx(float(right["p50"]), rel=1 / 16, abs=1 / 16)
            assert report["delay_seconds"]["max"] == pytest.approx(float(right["max"]), abs=0.001)
            missing.add(counts["missing"])
    assert max(missing) > 5


def test_it_is_only_read(queue: Engine) -> None:
    def tables() -> list[tuple[Any, ...]]:
        with queue.begin() as connection:
            rows = [connection.execute(text(f"SELECT * FROM procrastinate_{name} ORDER BY id")).all() for name in NAMES]
        return [tuple(row) for found in rows for row in found]

    before = tables()
    resources = resources_of(queue, *RULES)
    for rule in BY_HAND:
        report_of(resources, CheckType.DEEP, rule)
    assert tables() == before


NAMES = ("jobs", "events")
