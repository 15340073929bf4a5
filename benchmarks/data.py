"""The application's tables, made by SQL: the same rows for the same size, up to the present moment and beyond.

Rows that are still to come wait in the schema `ahead`; `feed` lets those in whose time has come, so that the last hour
stays as full as any other while the measurements go on.
"""

from dataclasses import dataclass

import psycopg
from psycopg import sql

from benchmarks.servers import connect
from consistency.database import connect as connect_engine
from consistency.ledger.own_tables import LEDGER
from consistency.ledger.schema import create_or_upgrade
from consistency.resources import open_resources
from consistency.settings import Settings
from monitor_tasks.index_advice import advised_indexes

FAILED = 0.02
TABLES = """\
CREATE TABLE tasks (
    id bigint PRIMARY KEY, status text NOT NULL, provider_task_id text NOT NULL,
    created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, completed_at timestamptz
);
CREATE TABLE task_outputs (
    id bigint PRIMARY KEY, task_id bigint, output_key text NOT NULL,
    file_url text NOT NULL, file_type text NOT NULL, created_at timestamptz NOT NULL
);
CREATE SCHEMA ahead;
CREATE EXTENSION pg_stat_statements;
"""
# Of the second outputs one in a hundred repeats the key of the first; half of all come within 20 s, 1 % after 330 s.
PLAN = """\
CREATE UNLOGGED TABLE ahead.plan AS
SELECT n AS id,
    now() - make_interval(secs => {seconds}) + make_interval(secs => (n - random()) * {step}) AS done,
    CASE WHEN lot < {failed} THEN 'FAILED' ELSE 'SUCCESS' END AS status,
    CASE WHEN lot < {none} THEN 0 WHEN lot < {one} THEN 1 ELSE 2 END AS outputs,
    exp(3.0 + 1.2 * sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())) AS delay,
    random() < 0.0005 AS unplaced, random() < 0.01 AS repeats, random() AS stray
FROM (SELECT n, random() AS lot FROM generate_series(1, {rows}) AS n) AS numbered
"""
FEED_TASKS = """\
INSERT INTO tasks
SELECT id, status, 'p-' || id, done - interval '90 seconds', done, CASE WHEN unplaced THEN NULL ELSE done END
FROM ahead.plan WHERE done > %(since)s AND done <= %(until)s
"""
FEED_OUTPUTS = """\
INSERT INTO task_outputs
SELECT 2 * id + no,
    CASE WHEN no = 2 AND stray < 0.0005 THEN NULL WHEN no = 2 AND stray < 0.001 THEN id + 1000000000000 ELSE id END,
    'out-' || CASE WHEN repeats THEN 1 ELSE no END,
    'https://files.example/results/' || id || '/' || no || '.png', 'png', created
FROM (
    SELECT *, done + make_interval(secs => delay * (1 + 0.1 * (no - 1))) AS created
    FROM ahead.plan, generate_series(1, outputs) AS no WHERE done > %(since)s::timestamptz - interval '2 hours'
        AND done <= %(until)s
) AS made WHERE created > %(since)s AND created <= %(until)s
"""


@dataclass(frozen=True)
class Shape:
    """How many tasks and outputs in how many days up to now, and how many tasks of a hundred lack their output."""

    tasks: int
    outputs: int
    days: float = 14
    missing: float = 0.02
    hours_ahead: float = 3

    def parameters(self) -> dict[str, float | int]:
        step = self.days * 86400 / self.tasks
        none = FAILED + self.missing
        twice = self.outputs / self.tasks - (1 - none)
        rows = self.tasks + int(self.hours_ahead * 3600 / step)
        seconds = self.days * 86400
        return {"step": step, "seconds": seconds, "failed": FAILED, "none": none, "one": 1 - twice, "rows": rows}


def fill(url: str, shape: Shape) -> None:
    """Make the tables, their rows, the indexes that are advised, statistics, and the product's own tables."""
    with connect(url) as connection:
        connection.execute(TABLES)
        _plan(connection, shape)
        connection.execute("CREATE TABLE ahead.fed AS SELECT CAST('2000-01-01' AS timestamptz) AS until")
        feed(connection)
        for index in _advised(url):
            connection.execute(index)
        connection.execute("DELETE FROM ahead.plan WHERE done < now() - interval '2 hours'")
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")
    _make_own_tables(url)


def _plan(connection: psycopg.Connection, shape: Shape) -> None:
    connection.execute("SET max_parallel_workers_per_gather = 0")
    connection.execute("SELECT setseed(0.42)")
    numbers = {name: sql.Literal(value) for name, value in shape.parameters().items()}
    connection.execute(sql.SQL(PLAN).format(**numbers))
    connection.execute("RESET max_parallel_workers_per_gather")


def _advised(url: str) -> list[bytes]:
    """The statements that `reconcilery doctor` prints for these tables."""
    resources = open_resources(Settings(database_url=url))
    try:
        rule = resources.rule(resources.settings.rules[0].id)
        return [index.sql.encode() for index in advised_indexes(resources.primary, rule)]
    finally:
        resources.dispose()


def _make_own_tables(url: str) -> None:
    engine = connect_engine(url)
    create_or_upgrade(engine, LEDGER)
    engine.dispose()


def feed(connection: psycopg.Connection) -> None:
    """Let in the tasks and outputs whose time has come since the last call."""
    row = connection.execute("SELECT until, now() FROM ahead.fed").fetchone()
    assert row is not None
    span = {"since": row[0], "until": row[1]}
    connection.execute(FEED_TASKS, span)
    connection.execute(FEED_OUTPUTS, span)
    connection.execute("UPDATE ahead.fed SET until = %(until)s", span)
