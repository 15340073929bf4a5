"""What the benchmarks read from the product's own tables."""

import json
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import psycopg
from psycopg.rows import dict_row

from benchmarks.workers import POLL_SECONDS

RULE = "task-outputs"
WAIT_SECONDS = 1800.0


@dataclass(frozen=True)
class Finished:
    """A run that was asked for and is closed: seconds from publishing to the closed row, and to Celery's result."""

    run_id: str
    report: dict[str, Any]
    stored: float
    answered: float

    @property
    def bounds(self) -> dict[str, datetime]:
        """The window and the moment that the run judged by, as a statement needs them."""
        window = self.report["window"]
        moments = {"lo": window["start"], "hi": window["end"], "as_of": self.report["as_of"]}
        return {name: datetime.fromisoformat(text) for name, text in moments.items()}


def check(app: Any, connection: psycopg.Connection, kind: str) -> Finished:
    """Publish a check and wait until its report is stored; the clock is this process's own."""
    task_id = str(uuid4())
    began = time.perf_counter()
    result = app.send_task(f"monitor_tasks.{kind}_check", task_id=task_id)
    slot = f"{RULE}|{kind}|task {task_id}"
    while (run_id := _closed(connection, slot)) is None:
        if time.perf_counter() - began > WAIT_SECONDS or result.failed():
            raise TimeoutError(f"the {kind} check did not end: {result.state} {result.info!r}")
        time.sleep(POLL_SECONDS if kind == "quick" else 0.02)
    stored = time.perf_counter() - began
    report = result.get(timeout=60)
    answered = time.perf_counter() - began
    wait_until_told(connection, run_id)
    return Finished(run_id, report, stored, answered)


def _closed(connection: psycopg.Connection, slot: str) -> str | None:
    asked = "SELECT id FROM reconcilery_check_runs WHERE slot_key = %s AND closed_at IS NOT NULL"
    row = connection.execute(asked, [slot]).fetchone()
    return str(row[0]) if row else None


def wait_until_told(connection: psycopg.Connection, run_id: str) -> None:
    """Until the run has left its worker, so that the next measurement finds it idle."""
    asked = "SELECT notified_at IS NOT NULL AND recorded_at IS NOT NULL FROM reconcilery_check_runs WHERE id = %s"
    deadline = time.monotonic() + 120
    while connection.execute(asked, [run_id]).fetchone() != (True,):
        if time.monotonic() > deadline:
            raise TimeoutError(f"run {run_id} was not recorded or not told")
        time.sleep(0.01)


def part_seconds(connection: psycopg.Connection, run_id: str) -> dict[str, float]:
    """How long the parts of the run took in all, by purpose."""
    asked = "SELECT purpose, sum(seconds) FROM reconcilery_check_parts WHERE run_id = %s AND state = 'done' GROUP BY 1"
    return {purpose: round(seconds, 3) for purpose, seconds in connection.execute(asked, [run_id])}


def statement_blocks(connection: psycopg.Connection) -> int:
    """How many 8 kB blocks the statements on this database, but for our own polling, have touched since the reset."""
    row = connection.execute(
        "SELECT coalesce(sum(shared_blks_hit + shared_blks_read), 0)::bigint FROM pg_stat_statements s"
        " JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = current_database()"
        " AND query NOT LIKE 'SELECT id FROM reconcilery_check_runs WHERE slot_key%'"
        " AND query NOT LIKE 'SELECT notified_at%'"
    ).fetchone()
    assert row is not None
    return int(row[0])


def rewind(connection: psycopg.Connection, minutes: int) -> None:
    """Make the ledger look as if the last quick check had been so many minutes earlier."""
    back = f"{minutes} minutes"
    connection.execute("UPDATE reconcilery_quick_cursors SET watermark = watermark - %s::interval", [back])
    connection.execute(
        "DELETE FROM reconcilery_open_gaps WHERE done_at > (SELECT watermark FROM reconcilery_quick_cursors LIMIT 1)"
    )


def forget_cursor(connection: psycopg.Connection) -> None:
    """Make the next quick check scan its whole hour, as after a full check."""
    connection.execute("DELETE FROM reconcilery_quick_cursors")


def runs(connection: psycopg.Connection) -> list[dict[str, Any]]:
    """Every run with its report."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute("SELECT * FROM reconcilery_check_runs ORDER BY created_at").fetchall()
    return [{**row, "report": json.loads(row["report"]) if row["report"] else None} for row in rows]
