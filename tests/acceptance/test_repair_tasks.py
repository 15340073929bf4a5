"""The tasks of repairs by their names, on a real worker over a local RunningHub: what they are told, and their ends."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from sqlalchemy import func, select, text

from compensation import control
from compensation.plans.opening import RepairOrder, open_repair
from compensation.plans.planning import make_plan
from compensation.runs import Run
from compensation.states import RunState
from compensation.undo import rolling_back
from consistency.database import transaction
from consistency.ledger.repair_tables import repair_items, repair_metadata
from consistency.ledger.tables import metadata
from consistency.resources import Resources
from consistency.settings import Settings
from tests.acceptance.launching import ROOT, eventually
from tests.acceptance.told import told_all
from tests.acceptance.workshop import NODES, Workshop, workshop
from tests.factories.studio import Shelf, Studio
from tests.factories.truth import ORIGINAL, assert_journal_is_true, rows_of
from tests.servers.databases import fresh_database
from tests.servers.redis import redis_server as private_redis_server
from tests.servers.runninghub_process import runninghub_process

TASKS = 24
EVERY = range(1, TASKS + 1)
KEY = "rh-5ecret-0f-the-test"


@pytest.fixture(scope="module")
def shared(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    folder = tmp_path_factory.mktemp("workshop")
    with (
        private_redis_server() as redis_url,
        fresh_database(postgres_server, 910_000) as database_url,
        runninghub_process(nodes=NODES, key=KEY) as hub,
        workshop(folder, database_url, f"{redis_url}/0", hub, TASKS, RECONCILERY_CHECK_LINKS="true") as built,
    ):
        built.worker()
        built.beat()
        yield built


@pytest.fixture
def place(shared: Workshop) -> Workshop:
    """Everything is lost again, and RunningHub is well."""
    shared.hub.forget()
    shared.lose(EVERY)
    return shared


def celery_call(place: Workshop, name: str, **kwargs: Any) -> Any:
    """The answer of a task that `celery call` has started."""
    command = [sys.executable, "-m", "celery", "-A", "monitor_tasks", "call", name, "--kwargs", json.dumps(kwargs)]
    called = subprocess.run(
        command,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **place.settings},
        cwd=place.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return place.ended(place.client.AsyncResult(called.stdout.strip())).result


def test_celery_call_repairs_a_window_and_takes_it_back(place: Workshop) -> None:
    answer = celery_call(place, "compensation.compensate", start_date="now-3d", end_date="now")
    assert answer["dry_run"] is False
    run = place.ended_run(answer["run_id"])
    assert (run.state, run.created_by) == (RunState.SUCCEEDED, "celery")
    place.assert_outputs_are_right(TASKS)
    assert_journal_is_true(place.engine)
    rehearsed = celery_call(place, "compensation.rollback", run_id=run.id, dry_run=True)
    assert (rehearsed["dry_run"], rehearsed["deleted"], rehearsed["kept_changed"]) == (True, 2 * TASKS, 0)
    place.assert_outputs_are_right(TASKS)
    undone = celery_call(place, "compensation.rollback", run_id=run.id)
    assert (undone["state"], undone["deleted"], undone["gone"]) == ("rolled_back", 2 * TASKS, 0)
    assert rows_of(place.engine) == []
    expected = ["planned", "started", "verifying", "succeeded", "rolling_back", "rolled_back"]
    assert sorted(told_all(place, run.id, *expected)) == sorted(expected)
    assert place.hub.seen()["costly"] == {}


BY_IDS: list[tuple[dict[str, Any], list[int]]] = [
    ({"task_ids": ["3", 4, "5"]}, [3, 4, 5]),
    ({"task_ids": "6, 7,8"}, [6, 7, 8]),
    ({"task_ids": [9, 10, 11, 12, 13], "batch_size": 2}, [9, 10, 11, 12, 13]),
    ({"start_date": "now-2d", "max_tasks": 2}, [1, 2]),
]


def test_compensate_repairs_what_is_named_and_no_more(place: Workshop) -> None:
    published = [place.publish("compensate", **arguments) for arguments, _ in BY_IDS]
    for result, (arguments, expected) in zip(published, BY_IDS, strict=True):
        run = place.ended_run(place.ended(result).result["run_id"])
        assert run.state is RunState.SUCCEEDED, arguments
        assert run.parameters.batch_size == arguments.get("batch_size", 12)
        assert [int(key) for key in keys_of(place, run)] == expected
    found = Counter(row.task_id for row in rows_of(place.engine))
    assert found == Counter({task: 2 for _, expected in BY_IDS for task in expected})


def keys_of(place: Workshop, run: Run) -> list[str]:
    chosen = select(repair_items.c.task_key).where(repair_items.c.run_id == run.id).order_by(repair_items.c.id)
    with transaction(place.engine) as connection:
        return list(connection.scalars(chosen))


def test_a_dry_run_is_a_plan_that_is_told_and_stays_one(place: Workshop) -> None:
    answer = place.ended(place.publish("compensate", dry_run=True, max_tasks=3)).result
    assert (answer["state"], answer["dry_run"], answer["counts"]) == ("planned", True, {"pending": 3})
    assert told_all(place, answer["run_id"], "planned") == ["planned"]
    place.ended(place.publish("compensate", run_id=answer["run_id"]))
    place.ended(place.publish("pump", run_id=answer["run_id"]))
    assert (place.run(answer["run_id"]).state, rows_of(place.engine)) == (RunState.PLANNED, [])


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("compensate", {"task_ids": ["1", "999", "998"]}, "task_ids: 2 of 3 ids are not in tasks: 999, 998"),
    ("compensate", {"task_ids": []}, "task_ids: no ids are given"),
    ("compensate", {"task_ids": "x,y"}, "task_ids: 'x' cannot be a tasks.id"),
    ("compensate", {"task_ids": [{"$gt": ""}]}, "cannot be a tasks.id"),
    ("compensate", {"task_ids": 5}, "task_ids must be a list or text, not '5'"),
    ("compensate", {"task_ids": ["1"], "start_date": "2026-01-01"}, "task_ids: cannot be combined with start_date"),
    ("compensate", {"start_date": "yesterday"}, "start_date: 'yesterday' is no date"),
    ("compensate", {"start_date": "2026-02-03", "end_date": "2026-02-01"}, "end_date: .* before the start"),
    ("compensate", {"batch_size": 0}, "batch_size: must be from 1 to 10000, not 0"),
    ("compensate", {"batch_size": "10"}, "batch_size must be a whole number, not '10'"),
    ("compensate", {"max_tasks": -1}, "max_tasks: must be at least 1"),
    ("compensate", {"max_tasks": True}, "max_tasks must be a whole number, not 'True'"),
    ("compensate", {"dry_run": "yes"}, "dry_run must be true or false, not 'yes'"),
    ("compensate", {"rule": "nobody"}, "rule: there is no rule 'nobody'; known are task-outputs"),
    ("compensate", {"dryrun": True}, "unexpected keyword argument 'dryrun'; it takes start_date, end_date"),
    ("compensate", {"run_id": "nothing"}, "run_id: there is no repair run 'nothing'"),
    ("rollback", {}, "missing a required argument: 'run_id'"),
    ("rollback", {"run_id": "nothing"}, "run_id: there is no repair run 'nothing'"),
    ("pump", {"run_id": 5}, "run_id must be text, not '5'"),
    ("reap", {"run_id": "x"}, "it takes no arguments"),
    ("notify", {}, "it takes check_id or event_id"),
    ("notify", {"event_id": "1 OR 1=1"}, "event_id must be a whole number"),
    ("notify", {"event_id": 10**9}, "event_id: there is no event 1000000000"),
]


def test_wrong_arguments_fail_at_once_in_one_line_and_write_nothing(place: Workshop) -> None:
    before = _numbers(place)
    sent = [(_sent(place, name, arguments), name, reason) for name, arguments, reason in WRONG]
    for result, name, reason in sent:
        assert place.ended(result).state == "FAILURE", (name, reason)
        with pytest.raises(Exception, match=reason) as caught:
            result.get(disable_sync_subtasks=False)
        assert "\n" not in str(caught.value)
    assert _numbers(place) == before
    assert "Traceback" not in place.words()


def _sent(place: Workshop, name: str, arguments: dict[str, Any]) -> Any:
    if name == "notify":
        return place.client.send_task("notifiers.notify", kwargs=arguments, queue="reconcilery.notify")
    return place.publish(name, **arguments)


def _numbers(place: Workshop) -> dict[str, int]:
    """How many rows each table of repairs has."""
    with transaction(place.engine) as connection:
        return {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in repair_metadata.sorted_tables
        }


def test_a_message_that_comes_twice_is_one_run(place: Workshop) -> None:
    before = len(place.runs())
    sent = [
        place.client.send_task("compensation.compensate", task_id="the-same", queue="reconcilery.repair")
        for _ in range(4)
    ]
    run = place.ended_run(place.ended(sent[0]).result["run_id"])
    eventually(lambda: place.waiting() == 0)
    assert (run.state, len(place.runs())) == (RunState.SUCCEEDED, before + 1)
    place.assert_outputs_are_right(TASKS)
    expected = ["planned", "started", "verifying", "succeeded"]
    assert sorted(told_all(place, run.id, *expected)) == sorted(expected)


def test_a_second_start_of_the_same_scope_answers_with_the_first_run(place: Workshop) -> None:
    place.hub.rule("running", task="p-5")
    first = place.ended(place.publish("compensate", task_ids=[4, 5])).result
    eventually(lambda: place.number_of_rows() == 2)
    second = place.ended(place.publish("compensate", task_ids="5,4")).result
    assert (second["run_id"], second["state"]) == (first["run_id"], "running")
    control.cancel(place.resources, first["run_id"], "ann")
    place.hub.forget()
    third = place.ended(place.publish("compensate", task_ids=[4, 5])).result
    assert third["run_id"] != first["run_id"]
    assert place.ended_run(third["run_id"]).state is RunState.SUCCEEDED
    expected = ["planned", "started", "cancelled"]
    assert sorted(told_all(place, first["run_id"], *expected)) == sorted(expected)


def test_a_refused_key_pauses_the_run_blames_no_task_and_stands_nowhere(place: Workshop) -> None:
    place.hub.manner(key="another-key")
    try:
        run_id = place.ended(place.publish("compensate")).result["run_id"]
        paused = eventually(lambda: run if (run := place.run(run_id)).state is RunState.PAUSED else None)
        assert paused is not None
        assert paused.reason is not None
        assert "802" in paused.reason
        told = told_all(place, run_id, "planned", "started", "paused")
        assert sorted(told) == ["paused", "planned", "started"]
        with transaction(place.engine) as connection:
            chosen = select(repair_items.c.state, repair_items.c.attempts).where(repair_items.c.run_id == run_id)
            assert {tuple(row) for row in connection.execute(chosen)} == {("pending", 0)}
        inspected = json.dumps(_inspected(place), default=str)
        assert "compensation.compensate" in inspected
        assert KEY not in inspected
    finally:
        place.hub.manner(key=KEY)
    control.resume(place.resources, run_id, "ann")
    assert place.ended_run(run_id).state is RunState.SUCCEEDED
    place.assert_outputs_are_right(TASKS)
    expected = ["planned", "started", "paused", "resumed", "verifying", "succeeded"]
    assert sorted(told_all(place, run_id, *expected)) == sorted(expected)
    assert_it_stands_nowhere(place, KEY)


def _inspected(place: Workshop) -> list[Any]:
    """What a view of the workers, such as Flower's, is made of."""
    inspect = place.client.control.inspect(destination=["w0@h"], timeout=30)
    return [inspect.conf(with_defaults=True), inspect.stats(), inspect.registered(), inspect.active(), inspect.report()]


def assert_it_stands_nowhere(place: Workshop, secret: str) -> None:
    """Neither in a log, nor in Redis, nor in a table."""
    files = [path for path in place.folder.rglob("*") if path.is_file()]
    assert any(path.name == "monitoring.log" for path in files)
    assert [path for path in files if secret.encode() in path.read_bytes()] == []
    with redis.Redis.from_url(place.redis_url) as raw:
        kept = [raw.dump(key) or b"" for key in raw.scan_iter()]
    assert kept
    assert not any(secret.encode() in value for value in kept)
    tables = [*metadata.sorted_tables, *repair_metadata.sorted_tables]
    with transaction(place.engine) as connection:
        for table in tables:
            found = connection.execute(
                text(f"SELECT count(*) FROM {table.name} AS t WHERE t::text LIKE :secret"), {"secret": f"%{secret}%"}
            )
            assert found.scalar() == 0, table.name


def test_what_was_lost_on_the_way_is_sent_again(place: Workshop) -> None:
    """Of four repairs no message was ever sent: they stopped at their plan, after it, after their start, at an undo."""
    engine = place.engine
    studio = Studio(Resources(Settings(repair_preview=0), engine, engine, engine), Shelf())
    steps = ["opened", "planned", "started", "undone"]
    runs = {step: _opened(studio, each) for each, step in zip([1, 2, 3, 4], steps, strict=True)}
    for step in steps[1:]:
        make_plan(studio.bench(), runs[step].id, "ann")
    control.start(place.resources, runs["started"].id, "ann", approved=False, fresh=True)
    control.start(place.resources, runs["undone"].id, "ann", approved=False, fresh=True)
    place.ended_run(runs["undone"].id)
    rolling_back.begin(place.resources, runs["undone"].id, "ann")
    ended = {step: place.ended_run(run.id).state for step, run in runs.items()}
    assert ended == {**dict.fromkeys(steps[:3], RunState.SUCCEEDED), "undone": RunState.ROLLED_BACK}
    assert Counter(row.task_id for row in rows_of(place.engine)) == Counter([1, 1, 2, 2, 3, 3])
    for step in steps:
        wanted = ("planned", "started", "verifying", "succeeded")
        # Each is told by a message of its own, and messages may overtake each other.
        said = told_all(place, runs[step].id, *wanted)
        assert len(said) == len(set(said))


def _opened(studio: Studio, task_id: int) -> Run:
    order = RepairOrder("task-outputs", task_ids=[str(task_id)], actor="ann", unattended=True)
    return open_repair(studio.resources, order)[0]


def test_originals_that_come_late_win(place: Workshop) -> None:
    run = place.ended_run(place.ended(place.publish("compensate", task_ids=[20, 21])).result["run_id"])
    assert run.state is RunState.SUCCEEDED
    place.write_originals(20)
    answer = place.ended(place.publish("yield_originals")).result
    assert answer["yielded"] == 2
    found = {(row.task_id, row.file_url.startswith(ORIGINAL)) for row in rows_of(place.engine)}
    assert found == {(20, True), (21, False)}
    assert place.ended(place.publish("yield_originals")).result["yielded"] == 0


def test_worker_and_beat_are_still_the_ones_that_were_started(place: Workshop) -> None:
    assert [process.poll() for process in place.processes] == [None, None]
