"""A million events of four services arrive, each once, though the database goes away twice in between."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from consistency.database import connect, transaction
from consistency.ledger.event_tables import events
from tests.factories.own_tables import make_own_tables
from tests.servers.postgres import SURE, die, postgres_home, stop_at_once

PROGRAM = Path(__file__).with_name("emitting_program.py")
SERVICES = ("sync-1", "sync-2", "sync-3", "sync-4")
EACH = 250_000
PATIENCE_SECONDS = 1_500.0


@contextmanager
def emitters(folder: Path, database_url: str, each: int) -> Iterator[list[subprocess.Popen[str]]]:
    environ = os.environ | {"RECONCILERY_DATABASE_URL": database_url, "RECONCILERY_LOG_DIR": str(folder / "logs")}
    started = [
        subprocess.Popen(
            [sys.executable, PROGRAM, service, str(each)], env=environ, cwd=folder, stdout=subprocess.PIPE, text=True
        )
        for service in SERVICES
    ]
    try:
        yield started
    finally:
        for process in started:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()


def stored(engine: Engine) -> int:
    with transaction(engine) as connection:
        return connection.scalar(select(func.count()).select_from(events)) or 0


def wait_for(engine: Engine, count: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while stored(engine) < count:
        assert time.monotonic() < deadline, f"fewer than {count} events have come in time"
        time.sleep(1)


def told_of_each(engine: Engine) -> dict[str, tuple[int, int, int]]:
    """By service: how many events, how many different ones, and the sum of their numbers."""
    counted = (func.count(), func.count(events.c.operation.distinct()), func.sum(events.c.records))
    with transaction(engine) as connection:
        rows = connection.execute(select(events.c.service, *counted).group_by(events.c.service))
        return {service: (int(count), int(different), int(total)) for service, count, different, total in rows}


@pytest.mark.full
@pytest.mark.timeout(2_000)
def test_a_million_events_arrive_once_though_the_database_goes_away_twice(tmp_path: Path) -> None:
    total = EACH * len(SERVICES)
    with postgres_home() as home, ExitStack() as stack:
        engine = connect(home.url)
        stack.callback(engine.dispose)
        with home.running(SURE) as server:
            make_own_tables(engine)
            started = stack.enter_context(emitters(tmp_path, home.url, EACH))
            wait_for(engine, total // 5)
            stop_at_once(server)
        with home.running(SURE) as server:
            wait_for(engine, total // 2)
            die(server)
        with home.running(SURE):
            counts = [json.loads(process.communicate()[0]) for process in started]
            found = told_of_each(engine)
    assert [(each["whole"], each["emitted"], each["dropped"], each["refused"]) for each in counts] == [
        (True, EACH, 0, 0)
    ] * len(SERVICES)
    assert found == dict.fromkeys(SERVICES, (EACH, EACH, EACH * (EACH - 1) // 2))
    assert list((tmp_path / "logs" / "events").glob("*")) == []
