"""The tasks by their names, with right and wrong arguments, on a real worker; and whatever else is on its queue."""

import base64
import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
import redis

from consistency.database import transaction
from consistency.latest import LatestReports
from consistency.latest import connect as connect_redis
from consistency.ledger.overview import task_of
from consistency.model import CheckType
from consistency.settings import Settings
from monitor_tasks import checks
from tests.acceptance.house import QUEUES, SPEC, House, children, house
from tests.acceptance.launching import ROOT, eventually
from tests.factories.comparing import assert_report_is_right
from tests.servers.databases import fresh_database
from tests.servers.redis import redis_server as private_redis_server


@pytest.fixture(scope="module")
def place(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    with (
        private_redis_server() as redis_url,
        fresh_database(postgres_server, 900_000) as database_url,
        house(folder, database_url, f"{redis_url}/0") as built,
    ):
        built.worker()
        built.beat()
        yield built


def test_celery_call_starts_a_check_that_is_recorded_and_told_once(place: House) -> None:
    command = [sys.executable, "-m", "celery", "-A", "monitor_tasks", "call", "monitor_tasks.quick_check"]
    called = subprocess.run(
        [*command, "--kwargs", '{"rule": "plain"}'],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **place.settings},
        cwd=place.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    report = place.ended(place.client.AsyncResult(called.stdout.strip())).result
    assert_report_is_right(report, place.world, SPEC)
    assert next(iter(report)) == "verdict"
    run = place.settled(report["check_id"])
    assert run.report == report
    assert place.lines(run.id) == [report]
    with connect_redis(Settings(redis_url=place.redis_url)) as client:
        assert LatestReports(client).get("quick", "plain") == report


def test_a_check_knows_its_task_also_when_the_schedule_asked_for_it(place: House) -> None:
    for given in ({}, {"scheduled": True}):
        result = place.ended(place.call("deep_check", rule="plain", **given))
        with transaction(place.engine.execution_options(readonly=True)) as connection:
            assert task_of(connection, result.result["check_id"]) == result.id


@pytest.mark.parametrize("kind", ["quick", "full", "deep"])
def test_each_kind_of_check_gives_the_oracles_numbers(place: House, kind: str) -> None:
    report = place.ended(place.call(f"{kind}_check", rule="plain")).result
    assert report["type"] == kind
    assert_report_is_right(report, place.world, SPEC)


def test_a_range_check_takes_dates_as_the_command_line_does(place: House) -> None:
    report = place.ended(place.call("range_check", rule="plain", start="now-36h", end="now-12h")).result
    assert_report_is_right(report, place.world, SPEC)


def test_without_a_rule_every_rule_is_checked_with_the_same_arguments(place: House) -> None:
    result = place.client.send_task("monitor_tasks.range_check", args=["now-30h", "now-29h"])
    answer = place.ended(result).result
    assert set(answer["tasks"]) == {"plain", "slow"}
    for rule, task_id in answer["tasks"].items():
        report = place.ended(place.client.AsyncResult(task_id)).result
        assert report["rule"] == rule
        assert_report_is_right(report, place.world, SPEC)
        assert report["counts"]["tasks"] < 20, "an hour, not the default day"


WRONG = [
    ("quick_check", {"rule": "nobody"}, "rule: there is no rule 'nobody'; known are plain, slow"),
    ("quick_check", {"rul": "plain"}, "unexpected keyword argument 'rul'; it takes rule"),
    ("deep_check", {"rule": 5}, "rule must be text, not '5'"),
    ("full_check", {"rule": ["plain"]}, "rule must be text"),
    ("range_check", {"rule": "plain", "start": "yesterday"}, "start: 'yesterday' is no date"),
    ("range_check", {"rule": "plain", "start": 5}, "start must be text, not '5'"),
    ("range_check", {"rule": "plain", "start": "2026-02-03", "end": "2026-02-01"}, "end: .* before the start"),
    ("range_check", {"rule": "plain", "start": "2999-01-01"}, "start: 2999-01-01 is in the future"),
    ("range_check", {"rule": "plain", "end": "2999-01-01"}, "end: 2999-01-01 is in the future"),
    ("quick_check", {"run_id": "nothing"}, "there is no run 'nothing'"),
    ("record", {}, "missing a required argument: 'run_id'"),
    ("help_run", {"run_id": {"$gt": ""}}, "run_id must be text"),
]


@pytest.mark.parametrize(("name", "arguments", "reason"), WRONG)
def test_wrong_arguments_fail_at_once_in_one_line_and_write_nothing(
    place: House, name: str, arguments: dict[str, object], reason: str
) -> None:
    before = [run.id for run in place.all_runs()]
    result = place.ended(place.call(name, **arguments))
    assert result.state == "FAILURE"
    with pytest.raises(Exception, match=reason) as caught:
        result.get(disable_sync_subtasks=False)
    assert "\n" not in str(caught.value)
    assert [run.id for run in place.all_runs()] == before
    assert "Traceback" not in place.words()


def _message(**changes: object) -> bytes:
    headers = {"lang": "py", "task": "monitor_tasks.quick_check", "id": "1", "root_id": "1"}
    properties = {"delivery_tag": "t", "delivery_info": {"exchange": "", "routing_key": QUEUES[0]}}
    message = {"body": "", "headers": headers, "properties": {**properties, "body_encoding": "base64"}}
    message |= {"content-type": "application/json", "content-encoding": "utf-8"}
    return json.dumps({**message, **changes}).encode()


GARBAGE = [
    b"garbage",
    b"5",
    b"[]",
    b"null",
    b'{"a":1}',
    b'{"body":"x"}',
    b"",
    bytes(range(256)),
    b'"' + 70_000 * b"x" + b'"',
    _message(body="&&& no base64 &&&"),
    _message(body=base64.b64encode(b"no json").decode()),
    _message(body=base64.b64encode(b"[5]").decode()),
    _message(body=base64.b64encode(b"{}").decode()),
    _message(body=base64.b64encode(b"[[], {}, {}]").decode(), headers={"task": "no.such.task", "id": "2"}),
    _message(headers=None),
    _message(headers=5),
    _message(properties=5),
    _message(**{"content-type": "application/x-python-serialize"}),
]


def test_garbage_on_the_queue_is_dropped_and_the_same_worker_does_its_next_check(place: House) -> None:
    worker = place.processes[0]
    for entry in GARBAGE:
        place.push(entry)
        report = place.ended(place.call("quick_check", rule="plain")).result
        assert report["type"] == "quick", entry
        assert worker.poll() is None, f"the worker died of {entry!r}"
    with redis.Redis.from_url(place.redis_url) as raw:
        # A hint that work is left may still lie there when nothing is left any more.
        eventually(lambda: raw.llen(f"reconcilery:{QUEUES[0]}") == 0)


def test_a_message_that_comes_twice_is_one_run(place: House) -> None:
    before = len(place.all_runs())
    results = [
        place.client.send_task("monitor_tasks.full_check", kwargs={"rule": "slow"}, task_id="the-same")
        for _ in range(3)
    ]
    report = place.ended(results[0]).result
    place.settled(report["check_id"])
    eventually(lambda: place.waiting() == 0)
    place.ended(place.call("full_check", rule="plain"))
    assert len(place.all_runs()) == before + 2
    assert len(place.lines(report["check_id"])) == 1


def test_a_run_whose_message_was_lost_is_finished_by_the_sweeper(place: House) -> None:
    run, is_new = checks.start(place.resources, CheckType.FULL, "plain")
    assert is_new
    settled = place.settled(run.id)
    assert settled.report is not None
    assert_report_is_right(settled.report, place.world, SPEC)
    assert place.lines(run.id) == [settled.report]


def test_a_lost_chain_is_sent_again(place: House) -> None:
    run, _ = checks.start(place.resources, CheckType.QUICK, "plain")
    checks.work(place.resources, run.id)
    settled = place.settled(run.id)
    assert place.lines(run.id) == [settled.report]


def test_the_worker_is_still_the_one_that_was_started(place: House) -> None:
    assert place.processes[0].poll() is None
    assert len(children(place.processes[0])) == 2
