"""Prometheus itself reads what real workers have done, and its rules see that beat has stopped."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import update

from cli.up.ports import LOCALHOST, free_port
from consistency.database import database_now, transaction
from consistency.ledger.tables import check_runs
from consistency.settings import load_settings
from tests.acceptance.house import House, house
from tests.acceptance.launching import ROOT, eventually
from tests.servers.api import answering
from tests.servers.missing import program
from tests.servers.redis import redis_server as private_redis_server

RULES = ROOT / "deploy" / "prometheus" / "reconcilery.rules.yml"


@pytest.fixture
def place(tmp_path: Path, postgres_url: str) -> Iterator[House]:
    with private_redis_server() as redis_url, house(tmp_path, postgres_url, f"{redis_url}/0") as built:
        yield built


class Prometheus:
    """A Prometheus of the test's own."""

    def __init__(self, url: str) -> None:
        self.url = url

    def value(self, query: str) -> float | None:
        """The first sample of a query; None when there is none."""
        answer = requests.get(f"{self.url}/api/v1/query", params={"query": query}, timeout=30).json()
        return next((float(sample["value"][1]) for sample in answer["data"]["result"]), None)

    def firing(self) -> set[str]:
        found: list[dict[str, Any]] = requests.get(f"{self.url}/api/v1/alerts", timeout=30).json()["data"]["alerts"]
        return {alert["labels"]["alertname"] for alert in found if alert["state"] == "firing"}


@contextmanager
def prometheus(folder: Path, target: str) -> Iterator[Prometheus]:
    """Scrapes the target every second, with the rules that are shipped."""
    port, tool = free_port(), program("prometheus", "prometheus")
    scraped = {"job_name": "reconcilery", "static_configs": [{"targets": [target]}]}
    often = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    (folder / "prometheus.yml").write_text(
        json.dumps({"global": often, "rule_files": [str(RULES)], "scrape_configs": [scraped]})
    )
    where = ("--config.file=prometheus.yml", "--storage.tsdb.path=data", f"--web.listen-address={LOCALHOST}:{port}")
    with (folder / "prometheus.output").open("wb") as output:
        process = subprocess.Popen([tool, *where], cwd=folder, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield Prometheus(f"http://{LOCALHOST}:{port}")
    finally:
        process.kill()
        process.wait()


def answers(server: Prometheus) -> bool:
    try:
        return requests.get(f"{server.url}/-/ready", timeout=5).status_code == 200
    except requests.ConnectionError:
        return False


def test_prometheus_reads_what_recycled_workers_have_done_and_sees_beat_stop(place: House, tmp_path: Path) -> None:
    place.start("worker", "--concurrency=1", "--max-tasks-per-child=1", "--hostname=w@h")
    for _ in range(3):
        place.ended(place.call("quick_check", rule="plain"))
    settings = load_settings(environ=place.settings, cwd=tmp_path)
    checks = 'sum(reconcilery_checks_total{rule="plain", check="quick"})'
    with answering(settings) as api, prometheus(tmp_path, api.url.removeprefix("http://")) as server:
        eventually(lambda: answers(server))
        eventually(lambda: server.value(checks) == 3)
        assert server.value('reconcilery_window_tasks{rule="plain", window="1h"}') is not None
        eventually(lambda: server.value('reconcilery_process_alive{process="worker"}') == 1)
        assert server.value("min(reconcilery_up)") == 1
        assert "ReconcileryCheckStale" not in server.firing()
        # What is kept is counted once, and nothing is lost on the way.
        age(place, timedelta(hours=1))
        place.ended(place.client.send_task("monitoring.count", queue="reconcilery.notify", ignore_result=False))
        age(place, timedelta(hours=41))
        eventually(lambda: "ReconcileryCheckStale" in server.firing())
        assert server.value(checks) == 3
        assert server.value('reconcilery_health_status{rule="plain", window="1h", status="unknown"}') == 1
        assert server.value('reconcilery_completion_ratio{rule="plain", window="1h"}') is None


def age(place: House, by: timedelta) -> None:
    """Let all checks have ended that long ago."""
    with transaction(place.engine) as connection:
        ended = database_now(connection) - by
        connection.execute(update(check_runs).values(created_at=ended, closed_at=ended))
