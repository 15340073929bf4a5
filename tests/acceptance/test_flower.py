"""Flower as it is shipped: verdicts, links to our page, and nobody beyond this machine without a login."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests

from api.flower.links import flower_list
from cli.up.ports import free_port
from cli.up.services import http_answers
from consistency.settings import Settings
from tests.acceptance.house import House, house
from tests.acceptance.launching import ROOT, eventually
from tests.servers.browser import chromium
from tests.servers.redis import redis_server as private_redis_server

PAGE = "https://data.example"
COLUMNS = {"order[0][column]": "0", "order[0][dir]": "desc", "columns[0][data]": "received"}


@pytest.fixture
def place(tmp_path: Path, postgres_url: str) -> Iterator[House]:
    with (
        private_redis_server() as redis_url,
        house(tmp_path, postgres_url, f"{redis_url}/0", RECONCILERY_PUBLIC_URL=PAGE) as built,
    ):
        yield built


def flower(place: House, *flags: str, **environ: str) -> str:
    """The address of a Flower that answers."""
    port = free_port()
    place.settings.update(environ)
    place.start("flower", f"--port={port}", f"--conf={ROOT / 'flowerconfig.py'}", *flags)
    eventually(lambda: http_answers(port, "/healthcheck"))
    return f"http://127.0.0.1:{port}"


def shown(address: str, task_id: str) -> dict[str, Any] | None:
    """The task's row on Flower's list, once it has ended."""
    asked: dict[str, str] = {"draw": "1", "start": "0", "length": "50", "search[value]": "", **COLUMNS}
    rows = requests.get(f"{address}/tasks/datatable", params=asked, timeout=30).json()["data"]
    found = (row for row in rows if row["uuid"] == task_id and row["state"] == "SUCCESS")
    return next(found, None)


def test_a_result_is_the_verdict_and_leads_to_our_page(place: House) -> None:
    address = flower(place)
    place.worker()
    # What was done before Flower listens is not on its list.
    eventually(lambda: requests.get(f"{address}/workers?json=1", timeout=30).json()["data"])
    result = place.ended(place.call("quick_check", rule="plain"))
    row = eventually(lambda: shown(address, result.id))
    assert row is not None
    verdict, check_id = result.get()["verdict"], result.get()["check_id"]
    assert row["result"] == f"{verdict} → {PAGE}/runs/{check_id}"
    html = requests.get(f"{address}/task/{result.id}", timeout=30).text
    assert f'<a href="{PAGE}/runs/{check_id}">{PAGE}/runs/{check_id}</a>' in html
    columns = re.findall(r'data-column="(\w+)"', requests.get(f"{address}/tasks", timeout=30).text)
    assert columns[:3] == ["name", "state", "result"]


def test_the_tasks_of_a_repair_are_found_on_flowers_list(place: House) -> None:
    address = flower(place)
    place.worker()
    eventually(lambda: requests.get(f"{address}/workers?json=1", timeout=30).json()["data"])
    mine, other = str(uuid4()), str(uuid4())
    for run_id in (other, mine, mine):
        place.client.send_task("compensation.pump", kwargs={"run_id": run_id})
    with chromium() as browser, browser.new_context() as context:
        page = context.new_page()
        page.goto(flower_list(Settings(flower_url=address), mine))
        rows = page.locator("#tasks-table tbody tr")
        # The list does not look for newer tasks by itself.
        eventually(lambda: page.reload() and rows.first.is_visible() and rows.count() == 2)
        assert [other in text for text in rows.all_inner_texts()] == [False, False]
        assert all("compensation.pump" in text for text in rows.all_inner_texts())


def test_with_a_login_nobody_gets_in_without_it(place: House) -> None:
    address = flower(place, "--address=0.0.0.0", FLOWER_BASIC_AUTH="ann:secret")
    assert requests.get(f"{address}/tasks", timeout=30).status_code == 401
    assert requests.get(f"{address}/tasks", auth=("ann", "secret"), timeout=30).status_code == 200


def test_without_a_login_it_is_not_shown_to_others(place: House) -> None:
    command = [sys.executable, "-m", "celery", "-A", "monitor_tasks", "flower", f"--conf={ROOT / 'flowerconfig.py'}"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **place.settings, "FLOWER_ADDRESS": "0.0.0.0"}
    done = subprocess.run(command, cwd=place.folder, env=environment, capture_output=True, check=False, timeout=120)
    assert done.returncode == 2
    assert done.stderr.decode().splitlines()[-1].startswith("Error: Flower would show arguments and results")


def test_without_a_login_one_may_only_look(place: House) -> None:
    address = flower(place)
    refused = requests.post(f"{address}/api/task/send-task/monitor_tasks.sweep", data=json.dumps({}), timeout=30)
    assert refused.status_code in {401, 403}
