"""Whatever dies, freezes or goes away in the middle of repairs: every output is there once, and every run ends."""

import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import psutil
import pytest

from compensation.states import RunState
from tests.acceptance.launching import eventually
from tests.acceptance.workshop import GOING_ON, NODES, Workshop, workshop
from tests.factories.truth import ORIGINAL, assert_journal_is_true, rows_of, standing
from tests.servers.own_redis import OwnRedis
from tests.servers.runninghub_process import runninghub_process

pytestmark = [pytest.mark.full, pytest.mark.timeout(900)]

TASKS = 200
KILLS = 30
SEED = 30


def test_thirty_kills_at_random_moments_of_repairs(database_url: str, redis_url: str, tmp_path: Path) -> None:
    random, killed = Random(SEED), Counter[str]()
    print(f"seed {SEED}")  # noqa: T201 - shown when the test fails
    with (
        runninghub_process(latency=0.05, nodes=NODES) as hub,
        workshop(tmp_path, database_url, redis_url, hub, TASKS) as place,
    ):
        workers = [place.worker(), place.worker()]
        place.beat()
        rounds = 0
        while killed.total() < KILLS:
            rounds += 1
            if rounds > 1:
                place.lose(random.sample(range(1, TASKS + 1), 140))
            place.publish("compensate")
            run = place.opened(rounds)[0]
            while not _progressed(place, run.id, workers, random.randrange(1, 25)):
                killed[place.kill_something(random, workers)] += 1
            assert place.ended_run(run.id).state is RunState.SUCCEEDED, place.run(run.id)
            place.assert_outputs_are_right(TASKS)
            assert_journal_is_true(place.engine)
        assert hub.seen()["costly"] == {}
        assert min(killed["child"], killed["worker"]) > 5
        print(f"{rounds} rounds, {dict(killed)}")  # noqa: T201 - what was proven


def _progressed(place: Workshop, run_id: str, workers: list[Any], rows: int) -> bool:
    """Wait until so many rows have come; True if the run has ended before."""
    target = place.number_of_rows() + rows

    def look() -> str:
        place.mend(workers)
        if place.run(run_id).state not in GOING_ON:
            return "ended"
        return "more" if place.number_of_rows() >= target else ""

    return eventually(look) == "ended"


def test_messages_redis_and_the_provider_fail_while_two_repairs_and_the_application_write(
    database_url: str, tmp_path: Path
) -> None:
    random, own = Random(SEED), OwnRedis(tmp_path / "redis")
    print(f"seed {SEED}")  # noqa: T201 - shown when the test fails
    with ExitStack() as servers:
        server = servers.enter_context(own.running())
        hub = servers.enter_context(runninghub_process(latency=0.05, nodes=NODES))
        place = servers.enter_context(workshop(tmp_path, database_url, own.service.url, hub, TASKS))
        place.worker()
        place.worker()
        place.beat()
        named = random.sample(range(1, TASKS + 1), 150)
        for _ in range(3):
            place.publish("compensate")
            place.publish("compensate", task_ids=[str(each) for each in sorted(named)])
        runs = place.opened(2)
        for run in runs * 5:
            place.publish("pump", run_id=run.id)
        _written(place, 60)
        place.drop_messages()
        late = random.sample(range(1, TASKS + 1), 20)
        for task_id in late:
            place.write_originals(task_id)
        _written(place, 60)
        server.kill()
        server.wait()
        servers.enter_context(own.running())
        for run in runs:
            place.publish("pump", run_id=run.id)
        hub.rule("status", status=503)
        _gone_for_a_minute(place)
        place.drop_messages()
        hub.forget()
        _patiently(lambda: all(run.state not in GOING_ON for run in place.runs()))
        ended = [place.ended_run(run.id) for run in runs]
        assert {run.state for run in ended} == {RunState.SUCCEEDED}
        assert len(place.runs()) == 2, "a second start opened a second run of the same scope"
        place.ended(place.publish("yield_originals"))
        place.assert_outputs_are_right(TASKS)
        assert_journal_is_true(place.engine)
        originals = {row.task_id for row in rows_of(place.engine) if row.file_url.startswith(ORIGINAL)}
        assert originals == set(late)
        assert hub.seen()["costly"] == {}


def _gone_for_a_minute(place: Workshop) -> None:
    """Wait until the breaker has opened for the third time, which is 72 seconds after the first at the earliest.

    It stays open for about 30, 60 and then 120 seconds, so only the third time ends so long after the first.
    """
    ends: set[datetime] = set()

    def look(seconds: float) -> bool:
        words = [run.throttle for run in place.runs() if run.throttle and "provider_open" in run.throttle]
        ends.update(datetime.fromisoformat(each.rpartition(" ")[2]) for each in words)
        return bool(ends) and (max(ends) - min(ends)).total_seconds() >= seconds

    _patiently(lambda: look(100.0))


def _patiently(look: Callable[[], bool]) -> None:
    """Wait for what a breaker that is open for minutes keeps from happening."""
    deadline = time.monotonic() + 300
    while not look():
        assert time.monotonic() < deadline, "it did not happen in five minutes"
        time.sleep(0.1)


def _written(place: Workshop, rows: int) -> None:
    """Wait until so many rows more are there, or nothing is left to be written."""
    target = min(place.number_of_rows() + rows, TASKS * len(NODES))
    eventually(lambda: place.number_of_rows() >= target)


def test_a_child_that_is_frozen_beyond_its_lease_writes_nothing_after_a_rollback(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    with (
        runninghub_process(latency=0.2, nodes=NODES) as hub,
        workshop(tmp_path, database_url, redis_url, hub, TASKS) as place,
    ):
        place.worker()
        place.worker()
        place.beat()
        place.publish("compensate")
        run = place.opened(1)[0]
        _written(place, 60)
        frozen = eventually(lambda: _freeze(place))
        assert frozen is not None
        run = place.ended_run(run.id)
        assert run.state is RunState.SUCCEEDED
        place.assert_outputs_are_right(TASKS)
        place.ended(place.publish("rollback", run_id=run.id))
        assert place.ended_run(run.id).state is RunState.ROLLED_BACK
        assert rows_of(place.engine) == []
        spent = sum(frozen.cpu_times()[:2])
        frozen.send_signal(signal.SIGCONT)
        eventually(lambda: not frozen.is_running() or sum(frozen.cpu_times()[:2]) > spent)
        # What it had in hand is over when it takes another task.
        again = [place.publish("reap") for _ in range(12)]
        for result in again:
            place.ended(result)
        assert (rows_of(place.engine), standing(place.engine)) == ([], [])
        assert place.run(run.id).state is RunState.ROLLED_BACK


def _freeze(place: Workshop) -> psutil.Process | None:
    """Stop a child with a batch in hand; not one that keeps a database of one file locked for all others."""
    for child in place.holders():
        child.send_signal(signal.SIGSTOP)
        eventually(lambda child=child: child.status() == psutil.STATUS_STOPPED)  # type: ignore[misc]
        if place.engine.dialect.name != "sqlite" or _is_free(place):
            return child
        child.send_signal(signal.SIGCONT)
    return None


def _is_free(place: Workshop) -> bool:
    with sqlite3.connect(str(place.engine.url.database), timeout=0.5, isolation_level=None) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        connection.execute("ROLLBACK")
        return True
