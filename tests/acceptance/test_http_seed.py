"""The lines of curl that the user's document shows, as they stand, against a real server, worker and Redis."""

import json
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consistency.database import connect
from consistency.ledger.own_tables import LEDGER, REPAIRS
from consistency.ledger.schema import create_or_upgrade
from tests.acceptance.command_line import Place, working
from tests.acceptance.launching import eventually
from tests.acceptance.served import BASE, Served, served
from tests.factories.default_app import AppTask, make_application
from tests.servers.databases import fresh_database
from tests.servers.redis import empty_redis

QUICK = """\
curl -X POST http://localhost:5000/api/monitoring/data-consistency/check \\
  -H "Content-Type: application/json" \\
  -d '{"type": "quick"}'
"""
FULL = """\
curl -X POST http://localhost:5000/api/monitoring/data-consistency/check \\
  -H "Content-Type: application/json" \\
  -d '{"type": "full"}'
"""
DEEP = """\
curl -X POST http://localhost:5000/api/monitoring/data-consistency/check \\
  -H "Content-Type: application/json" \\
  -d '{"type": "deep"}'
"""
METRICS = "curl http://localhost:5000/api/monitoring/data-consistency/metrics"
HEALTH = "curl http://localhost:5000/api/monitoring/health"
ALERTS = "curl http://localhost:5000/api/monitoring/alerts?limit=50"

TASKS, MISSING = 60, 12


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, postgres_server: str, redis_server: str) -> Iterator[Place]:
    """Tasks of the last hour, every fifth without its output."""
    folder = tmp_path_factory.mktemp("seed")
    now = datetime.now(UTC)
    with fresh_database(postgres_server, os.getpid()) as url, empty_redis(redis_server) as redis_url:
        moments = [now - timedelta(minutes=12, seconds=40 * number) for number in range(TASKS)]
        make_application(url, [AppTask(number, done, number % 5 > 0) for number, done in enumerate(moments, 1)])
        engine = connect(url)
        create_or_upgrade(engine, LEDGER)
        create_or_upgrade(engine, REPAIRS)
        engine.dispose()
        settings = {
            "RECONCILERY_DATABASE_URL": url,
            "RECONCILERY_REDIS_URL": redis_url,
            "RECONCILERY_LOG_DIR": str(folder / "logs"),
        }
        yield Place(folder, settings)


@pytest.fixture(scope="module")
def server(place: Place) -> Iterator[Served]:
    with working(place), served(place.folder, place.settings) as found:
        yield found


def typed(server: Served, line: str) -> Any:
    """What the line answers; only the port leads elsewhere, for the one in the document may be taken."""
    port = server.url.rpartition(":")[2]
    (server.output.parent / ".curlrc").write_text(
        f'connect-to = "localhost:5000:127.0.0.1:{port}"\nsilent\nnoproxy = *\n'
    )
    environ = {**os.environ, "CURL_HOME": str(server.output.parent)}
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=environ, check=True)
    return json.loads(done.stdout)


def ended(server: Served, check_id: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = server.get(f"{BASE}/data-consistency/checks/{check_id}").json()
        return found if found["status"] == "closed" else None

    found = eventually(look)
    assert found is not None
    return found


@pytest.mark.parametrize(("line", "kind"), [(QUICK, "quick"), (FULL, "full"), (DEEP, "deep")])
def test_a_check_is_begun_by_the_line_of_the_document(server: Served, line: str, kind: str) -> None:
    begun = typed(server, line)
    assert (begun["type"], begun["deduplicated"]) == (kind, False)
    report = ended(server, begun["check_id"])["report"]
    assert (report["type"], report["counts"]["tasks"], report["counts"]["missing"]) == (kind, TASKS, MISSING)


def test_metrics_health_and_alerts_are_read_by_the_lines_of_the_document(server: Served) -> None:
    begun = typed(server, QUICK)
    ended(server, begun["check_id"])
    metrics = typed(server, METRICS)
    assert metrics["completion_rate"] == pytest.approx(1 - MISSING / TASKS)
    assert metrics["tasks_with_outputs"] == TASKS - MISSING
    assert metrics["avg_outputs_per_task"] == pytest.approx(1 - MISSING / TASKS)
    assert metrics["health"] == "degraded"
    health = typed(server, HEALTH)
    assert health["components"]["workers"]["status"] == "healthy"
    # Nobody has started beat.
    assert (health["status"], health["components"]["beat"]["status"]) == ("unhealthy", "unhealthy")
    found = eventually(lambda: typed(server, ALERTS)["alerts"])
    assert {alert["rule"] for alert in found} == {"task-outputs"}
