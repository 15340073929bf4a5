"""Prometheus itself reads what real workers have done."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from consistency.database import database_now, transaction
from consistency.ledger.tables import check_runs
from consistency.settings import load_settings
from tests.acceptance.house import House, house
from tests.acceptance.launching import eventually
from tests.servers.api import answering
from tests.servers.prometheus import prometheus
from tests.servers.redis import redis_server as private_redis_server


@pytest.fixture
def place(tmp_path: Path, postgres_url: str) -> Iterator[House]:
    with private_redis_server() as redis_url, house(tmp_path, postgres_url, f"{redis_url}/0") as built:
        yield built


def test_prometheus_reads_what_recycled_workers_have_done(place: House, tmp_path: Path) -> None:
    place.start("worker", "--concurrency=1", "--max-tasks-per-child=1", "--hostname=w@h")
    for _ in range(3):
        place.ended(place.call("quick_check", rule="plain"))
    settings = load_settings(environ=place.settings, cwd=tmp_path)
    checks = 'sum(reconcilery_checks_total{rule="plain", check="quick"})'
    with answering(settings) as api, prometheus(api.url) as server:
        eventually(lambda: server.value(checks) == 3)
        assert server.value('reconcilery_window_tasks{rule="plain", window="1h"}') is not None
        eventually(lambda: server.value('reconcilery_process_alive{process="worker"}') == 1)
        assert server.value("min(reconcilery_up)") == 1
        # What is kept is counted once, and nothing is lost on the way.
        age(place, timedelta(hours=1))
        place.ended(place.client.send_task("monitoring.count", queue="reconcilery.notify", ignore_result=False))
        age(place, timedelta(hours=41))
        eventually(lambda: server.value('reconcilery_health_status{rule="plain", window="1h", status="unknown"}') == 1)
        assert server.value(checks) == 3
        assert server.value('reconcilery_completion_ratio{rule="plain", window="1h"}') is None


def age(place: House, by: timedelta) -> None:
    """Let all checks have ended that long ago."""
    with transaction(place.engine) as connection:
        ended = database_now(connection) - by
        connection.execute(update(check_runs).values(created_at=ended, closed_at=ended))
