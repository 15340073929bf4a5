"""Checks and repairs ordered over HTTP, with a real server, workers and Redis."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.launching import ROOT, eventually
from tests.acceptance.served import BASE, Served, served
from tests.acceptance.workshop import Workshop, workshop
from tests.servers.own_redis import OwnRedis
from tests.servers.runninghub_process import RemoteRunningHub, runninghub_process

CHECK = f"{BASE}/data-consistency/check"
TASKS = 40
#: Asks whether a worker is there, when an answer to an earlier question has come late to a queue of the same name.
#: Celery makes that name of an address in memory, which is sooner or later used again.
ASKS_AFTER_A_LATE_ANSWER = """
import kombu.pidbox
kombu.pidbox.oid_from = lambda instance: "again"
from api.orders.broker import somebody_answers
from monitor_tasks.celery import app
with app.connection_for_write() as connection:
    mailbox = app.control.mailbox(connection)
    mailbox.reply_queue(connection.default_channel).declare()
    mailbox._publish_reply({"away": {"ok": "pong"}}, mailbox.reply_exchange.name, mailbox.oid, "earlier")
print(somebody_answers())
"""


@pytest.fixture
def hub() -> Iterator[RemoteRunningHub]:
    with runninghub_process() as found:
        yield found


@pytest.fixture
def place(tmp_path: Path, postgres_url: str, redis_url: str, hub: RemoteRunningHub) -> Iterator[Workshop]:
    with workshop(tmp_path, postgres_url, redis_url, hub, TASKS) as found:
        yield found


@pytest.fixture
def server(place: Workshop) -> Iterator[Served]:
    with served(place.folder, place.settings) as found:
        yield found


def reached(server: Served, address: str, *states: str) -> dict[str, Any]:
    """The thing at an address once it is in one of the states."""

    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = server.get(address).json()
        return found if found.get("state", found.get("status")) in states else None

    found = eventually(look)
    assert found is not None
    return found


def test_whoever_waits_gets_the_report(place: Workshop, server: Served) -> None:
    place.worker()
    answer = server.post(f"{CHECK}?wait=60", {"type": "deep"})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["type"], answer.json()["counts"]["tasks"]) == ("deep", TASKS)


def test_a_check_that_is_under_way_is_joined_by_everybody(place: Workshop, server: Served) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: server.post(CHECK, {"type": "deep"}), range(8)))
    assert {answer.status_code for answer in answers} == {202}
    (check_id,) = {answer.json()["check_id"] for answer in answers}
    assert {answer.headers["location"] for answer in answers} == {f"{BASE}/data-consistency/checks/{check_id}"}
    assert sorted(answer.json()["deduplicated"] for answer in answers) == [False] + [True] * 7
    assert {answer.json()["task_id"] for answer in answers} == {check_id}
    assert server.get(answers[0].headers["location"]).json()["status"] == "queued"
    place.worker()
    reached(server, answers[0].headers["location"], "closed")


def test_the_time_to_wait_may_run_out(place: Workshop, server: Served) -> None:
    answer = server.post(f"{CHECK}?wait=0.2", {"type": "quick"})
    assert (answer.status_code, answer.json()["status"]) == (202, "queued")


def test_who_waits_while_no_worker_answers_is_told_and_the_check_withdrawn(place: Workshop, server: Served) -> None:
    answer = server.post(f"{CHECK}?wait=60", {"type": "quick"})
    assert answer.status_code == 503
    assert answer.json()["detail"].startswith("no worker answered and the check was cancelled")
    (check,) = server.get(f"{BASE}/data-consistency/checks").json()["checks"]
    assert check["status"] == "cancelled"


def test_beat_and_workers_for_other_queues_are_not_taken_for_a_worker_that_checks(
    place: Workshop, server: Served
) -> None:
    place.beat()
    place.start("worker", "--concurrency=1", "--queues=reconcilery.notify", "--hostname=telling@h")
    eventually(lambda: {"celerybeat", "telling"} <= nodes_that_answer(place))
    answer = server.post(f"{CHECK}?wait=60", {"type": "quick"})
    assert answer.status_code == 503, answer.text
    refused = server.post(f"{BASE}/repairs", {"dry_run": True})
    assert refused.status_code == 503, refused.text


def nodes_that_answer(place: Workshop) -> set[str]:
    """The first names of all processes that hear a ping."""
    return {name.partition("@")[0] for answer in place.client.control.ping(timeout=1.0) for name in answer}


def test_a_repair_goes_from_the_plan_over_the_rows_to_the_way_back(place: Workshop, server: Served) -> None:
    place.worker()
    order = server.post(f"{BASE}/repairs", {"dry_run": True, "max_tasks": 30})
    assert (order.status_code, order.json()["deduplicated"]) == (202, False)
    run = order.headers["location"]
    planned = reached(server, run, "planned")
    assert (planned["counts"], planned["can"], planned["created_by"]) == ({"pending": 30}, ["apply", "cancel"], "local")
    assert len(server.get(f"{run}/items?limit=100").json()["items"]) == 30
    assert server.post(f"{run}/apply").status_code == 202
    # Whoever asks twice means the same.
    assert server.post(f"{run}/apply").status_code in {202, 409}
    done = reached(server, run, "succeeded", "succeeded_with_leftovers")
    assert (done["rows_written"], done["before"]["missing"], done["after"]["missing"]) == (30, 40, 10)
    rehearsed = server.post(f"{run}/rollback", {"dry_run": True})
    assert (rehearsed.status_code, rehearsed.json()["deleted"]) == (200, 30)
    assert place.number_of_rows() == 30
    assert server.post(f"{run}/rollback").status_code == 202
    undone = reached(server, run, "rolled_back")
    assert (undone["deleted"], place.number_of_rows()) == (30, 0)
    assert [event["actor"] for event in undone["events"] if event["type"] == "started"] == ["local"]


def test_a_check_that_saw_the_gap_looks_again_when_it_is_closed_and_when_it_is_opened_again(
    place: Workshop, server: Served
) -> None:
    def missing() -> int:
        latest = server.get(f"{BASE}/data-consistency/checks?type=deep").json()["checks"]
        found: int = next(check["counts"]["missing"] for check in latest if check["status"] == "closed")
        return found

    place.worker()
    assert server.post(f"{CHECK}?wait=60", {"type": "deep"}).json()["counts"]["missing"] == TASKS
    run = server.post(f"{BASE}/repairs", {"dry_run": True}).headers["location"]
    reached(server, run, "planned")
    server.post(f"{run}/apply")
    eventually(lambda: missing() == 0)
    server.post(f"{run}/rollback")
    eventually(lambda: missing() == TASKS)


def test_a_repair_that_is_no_dry_run_goes_on_by_itself(place: Workshop, server: Served) -> None:
    place.worker()
    order = server.post(f"{BASE}/repairs", {"dry_run": False, "task_ids": [1, "2", 3]})
    assert order.status_code == 202
    done = reached(server, order.headers["location"], "succeeded")
    assert (done["rows_written"], done["counts"]) == (3, {"done": 3})
    again = server.post(f"{BASE}/repairs", {"dry_run": False, "task_ids": [999_999]})
    assert (again.status_code, again.json()["detail"]) == (422, "task_ids: 1 of 1 ids are not in tasks: 999999")


def test_an_order_with_one_key_is_given_once(place: Workshop, server: Served) -> None:
    place.worker()
    key = {"Idempotency-Key": "plan-1"}
    first = server.post(f"{BASE}/repairs", {"dry_run": True}, headers=key)
    again = server.post(f"{BASE}/repairs", {"dry_run": True}, headers=key)
    assert first.json()["run_id"] == again.json()["run_id"]
    assert (again.headers["idempotency-replayed"], again.headers["location"]) == ("true", first.headers["location"])
    assert len(server.get(f"{BASE}/repairs").json()["repairs"]) == 1


def test_without_a_worker_no_repair_begins(place: Workshop, server: Served) -> None:
    answer = server.post(f"{BASE}/repairs", {"dry_run": True})
    assert answer.status_code == 503
    assert "no worker answered and nothing was started" in answer.json()["detail"]
    assert server.get(f"{BASE}/repairs").json()["repairs"] == []


def test_a_late_answer_to_an_earlier_question_is_neither_an_answer_nor_in_its_way(place: Workshop) -> None:
    def asked() -> str:
        command = [sys.executable, "-c", ASKS_AFTER_A_LATE_ANSWER]
        env = {**os.environ, "PYTHONPATH": str(ROOT), **place.settings}
        return subprocess.run(command, cwd=place.folder, env=env, check=True, capture_output=True, text=True).stdout

    assert asked() == "False\n"
    place.worker()
    assert asked() == "True\n"


def test_a_redis_that_is_frozen_or_dead_is_told_in_time_and_used_again(
    tmp_path: Path, postgres_url: str, hub: RemoteRunningHub
) -> None:
    own = OwnRedis(tmp_path)
    url = own.service.url
    with (
        workshop(tmp_path, postgres_url, url, hub, 5) as place,
        own.running() as process,
        served(place.folder, place.settings) as server,
    ):
        assert server.post(CHECK, {"type": "quick"}).status_code == 202
        process.send_signal(signal.SIGSTOP)
        try:
            for path, body in ((CHECK, {"type": "full"}), (f"{BASE}/repairs", {})):
                answer = server.post(path, body)
                assert (answer.status_code, answer.headers["retry-after"]) == (503, "5"), answer.text
                assert answer.json()["detail"].startswith("Redis at ")
            assert server.health()["redis"] == "unhealthy"
            assert server.get(f"{BASE}/data-consistency/metrics").status_code == 200
        finally:
            process.send_signal(signal.SIGCONT)
        eventually(lambda: server.post(CHECK, {"type": "full"}).status_code == 202)
        kinds = {check["type"] for check in server.get(f"{BASE}/data-consistency/checks").json()["checks"]}
        assert kinds == {"quick", "full"}
        process.kill()
        process.wait()
        assert server.post(CHECK, {"type": "deep"}).status_code == 503
        with own.running():
            # The server need not be restarted for that, nor does it need a second try.
            assert server.post(CHECK, {"type": "deep"}).status_code == 202
