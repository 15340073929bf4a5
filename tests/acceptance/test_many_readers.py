"""Fifty readers look all the time for a minute: each is answered, and the application's tables feel nothing of it."""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from sqlalchemy import Engine, text

from consistency.database import connect
from tests.acceptance.launching import eventually
from tests.acceptance.served import BASE, Served
from tests.acceptance.stage import Stage, stage
from tests.factories.default_app import AppTask
from tests.servers.databases import fresh_database
from tests.servers.postgres import FAST, postgres_home

READERS, SECONDS = 50, 60.0
PATHS = ("/", "/metrics", f"{BASE}/health", f"{BASE}/data-consistency/metrics", f"{BASE}/alerts?limit=50", "/missing")
ON_APPLICATION = text(
    r"SELECT query FROM pg_stat_statements WHERE query ~* '\m(from|join|into|update)\s+\"?(tasks|task_outputs)\M'"
)

pytestmark = pytest.mark.full


@pytest.fixture
def watched(tmp_path: Path, redis_url: str) -> Iterator[tuple[Stage, Engine]]:
    """The product after a check, over a server that remembers every statement."""
    now = datetime.now(UTC)
    rows = [AppTask(number, now - timedelta(minutes=10, seconds=number), number % 9 > 0) for number in range(1, 1500)]
    with (
        postgres_home() as home,
        home.running((*FAST, "shared_preload_libraries=pg_stat_statements", "pg_stat_statements.max=10000")),
        fresh_database(home.url, 0) as url,
        stage(tmp_path, url, redis_url, rows, RECONCILERY_API_RATE="0") as found,
    ):
        asking = connect(url)
        with asking.begin() as connection:
            connection.execute(text("CREATE EXTENSION pg_stat_statements"))
        yield found, asking
        asking.dispose()


def test_fifty_readers_are_answered_for_a_minute_and_the_application_feels_nothing(
    watched: tuple[Stage, Engine],
) -> None:
    on_stage, asking = watched
    checked = on_stage.place.run("check", "quick", "--json")
    assert checked.json["counts"]["missing"], checked.err
    eventually(lambda: on_stage.server.get(f"{BASE}/alerts").json()["alerts"])
    # The check itself is seen, so what readers asked would be seen too.
    assert statements(asking)
    with asking.begin() as connection:
        connection.execute(text("SELECT pg_stat_statements_reset()"))
    answers = read_all_the_time(on_stage.server)
    assert set(answers) == {(path, 200) for path in PATHS}, answers
    assert statements(asking) == []


def statements(asking: Engine) -> list[str]:
    """All that asked for the application's tables since the last reset."""
    with asking.begin() as connection:
        return list(connection.scalars(ON_APPLICATION))


def read_all_the_time(server: Served) -> Counter[tuple[str, int]]:
    """How often each path was answered with which status."""
    answers, lock = Counter[tuple[str, int]](), threading.Lock()
    until = time.monotonic() + SECONDS

    def read(first: int) -> None:
        with requests.Session() as session:
            for path in itertools.islice(itertools.cycle(PATHS), first, None):
                if time.monotonic() > until:
                    return
                status = status_of(session, server.url + path)
                with lock:
                    answers[path, status] += 1

    readers = [threading.Thread(target=read, args=(number % len(PATHS),)) for number in range(READERS)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    return answers


def status_of(session: requests.Session, url: str) -> int:
    """That of the answer; 0 when there was none."""
    try:
        return session.get(url, timeout=60).status_code
    except requests.RequestException:
        return 0
