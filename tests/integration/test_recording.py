"""A report is recorded once, wherever the recorder dies."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from consistency.database import connect, transaction
from consistency.journal_files import read_lines
from consistency.latest import LatestReports
from consistency.latest import connect as connect_redis
from consistency.ledger import runs
from consistency.model import CheckType
from consistency.resources import Resources
from consistency.settings import Settings
from monitor_tasks import checks
from tests.factories.application import Application
from tests.factories.checking import open_run, resources_of
from tests.factories.rows import Task, World

ROOT = Path(__file__).parent.parent.parent
PROGRAM = Path(__file__).with_name("recorder_program.py")
AS_OF = datetime(2026, 9, 16, 3, 0, 0, tzinfo=UTC)
STEPS = ("before the line", "in the line", "after the line", "after Redis", "after the mark")


@pytest.fixture(params=["postgres_url", "sqlite_url"])
def closed(request: pytest.FixtureRequest) -> Iterator[tuple[Engine, Resources, runs.Run]]:
    engine = connect(request.getfixturevalue(request.param))
    Application(engine).create().fill(World([Task(1, completed_at=AS_OF)], []))
    resources = resources_of(engine)
    run, _ = open_run(resources, CheckType.QUICK, AS_OF)
    yield engine, resources, checks.work(resources, run.id)
    engine.dispose()


def recorder(engine: Engine, redis_url: str, log_dir: Path, run_id: str, die_at: str = "") -> subprocess.Popen[bytes]:
    address = engine.url.render_as_string(hide_password=False)
    order = {"database_url": address, "redis_url": redis_url, "log_dir": str(log_dir), "run_id": run_id}
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, PROGRAM, json.dumps({**order, "die_at": die_at})], env=environment)


def lines(log_dir: Path) -> list[dict[str, Any]]:
    return list(read_lines(log_dir / "monitoring_results", datetime(2026, 1, 1, tzinfo=UTC).date(), AS_OF.max.date()))


def test_wherever_a_recorder_dies_the_next_one_records_once(
    closed: tuple[Engine, Resources, runs.Run], redis_url: str, tmp_path: Path
) -> None:
    engine, resources, run = closed
    for die_at in STEPS:
        with recorder(engine, redis_url, tmp_path, run.id, die_at) as dying:
            assert dying.wait() == -9, die_at
        with transaction(resources.store) as connection:
            found = runs.find_run(connection, run.id)
        assert found is not None
        assert found.recorded_at is None, die_at
        assert len(lines(tmp_path)) <= 1, die_at
        if die_at == "in the line":
            assert lines(tmp_path) == []
    survivors = [recorder(engine, redis_url, tmp_path, run.id) for _ in range(3)]
    assert [survivor.wait() for survivor in survivors] == [0, 0, 0]
    assert lines(tmp_path) == [run.report]
    with connect_redis(Settings(redis_url=redis_url)) as client:
        assert LatestReports(client).all() == [run.report]
    with transaction(resources.store) as connection:
        found = runs.find_run(connection, run.id)
        assert found is not None
        assert found.recorded_at is not None
        assert not runs.mark(connection, run.id, "recorded", AS_OF)
