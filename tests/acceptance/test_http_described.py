"""The description of the whole API holds, with a real worker, beat and Redis behind it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.launching import eventually
from tests.acceptance.served import Served, served
from tests.acceptance.workshop import workshop
from tests.factories.described import described, hold
from tests.servers.runninghub_process import runninghub_process

EVERY = re.compile("^/")
TASKS = 20


@pytest.fixture
def server(tmp_path: Path, postgres_url: str, redis_url: str) -> Iterator[Served]:
    with runninghub_process() as hub, workshop(tmp_path, postgres_url, redis_url, hub, TASKS) as place:
        settings = {**place.settings, "RECONCILERY_API_RATE": "0"}
        with served(place.folder, settings) as found:
            place.worker()
            place.beat()
            eventually(lambda: found.get("/readyz").status_code == 200)
            yield found


def send(server: Served, count: int) -> None:
    operations = described(server.url, EVERY)
    assert len(operations) >= 35
    hold(server.url, operations, count, {})


@pytest.mark.timeout(600)
def test_no_request_gets_an_answer_that_is_not_described(server: Served) -> None:
    send(server, 150)


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_none_of_thousands_does(server: Served) -> None:
    send(server, 2000)
