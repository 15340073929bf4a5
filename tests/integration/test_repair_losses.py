"""Workers that die with a batch in hand: its tasks come back in smaller company, and the one that kills is left out."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from random import Random

import psutil
import pytest
from sqlalchemy import Engine, select, update

from compensation import control
from compensation.batches import working
from compensation.batches.claims import Batch, claim_batch
from compensation.engine import work
from compensation.provider import Answer
from compensation.runs import require_run
from compensation.states import ItemState, RunState
from compensation.undo import rolling_back
from consistency.ledger.repair_tables import repair_batches, repair_items
from tests.factories.kinds import LONG
from tests.factories.studio import Studio, lost_tasks, studio_of
from tests.factories.taking_away import LONG_AGO, end_leases, until
from tests.factories.truth import assert_each_output_is_there_once, assert_journal_is_true, rows_of

PROGRAM = Path(__file__).with_name("repair_program.py")


def test_the_tasks_of_a_lost_batch_come_back_in_smaller_company(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(40))
    plan = studio.plan()
    control.start(studio.resources, plan.id, "ann", approved=False)
    sizes = [len(_lost(studio, plan.id).items) for _ in range(6)]
    # The others of the canary go first: they were in no lost batch yet.
    assert sizes == [20, 20, 10, 10, 10, 10]
    assert {item.state for item in studio.items(plan.id)} == {"pending", "leased"}
    end_leases(studio, plan.id)
    run, _ = work(studio.bench(), plan.id)
    assert run.state is RunState.SUCCEEDED
    assert_each_output_is_there_once(engine, range(1, 41))


def _lost(studio: Studio, run_id: str) -> Batch:
    end_leases(studio, run_id)
    batch = claim_batch(studio.resources.primary, run_id, "mortal", timedelta(minutes=1))
    assert batch is not None
    return batch


def test_the_task_that_kills_its_workers_is_left_out_and_all_others_are_repaired(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(60), repair_batch_size=16)
    plan = studio.plan()
    control.start(studio.resources, plan.id, "ann", approved=False)
    deaths = 0
    while (run := _work_until_death(studio, plan.id)) is None:
        deaths += 1
        assert deaths < 20, "the run does not end"
    assert run is RunState.SUCCEEDED_WITH_LEFTOVERS
    left = [item for item in studio.items(plan.id) if item.state != ItemState.DONE]
    assert [(item.task_key, item.state, item.outcome_code) for item in left] == [("7", "quarantined", "worker_lost")]
    assert_each_output_is_there_once(engine, set(range(1, 61)) - {7})
    assert_journal_is_true(engine)


def _work_until_death(studio: Studio, run_id: str) -> RunState | None:
    """Work as a worker does; it dies when task 7 is in its hands, and leaves the batch behind."""
    while (batch := claim_batch(studio.resources.primary, run_id, "mortal", timedelta(minutes=1))) is not None:
        if any(item.task_key == "7" for item in batch.items):
            end_leases(studio, run_id)
            return None
        working.work_on(studio.bench(), batch)
    return work(studio.bench(), run_id)[0].state


def test_an_answer_that_breaks_the_program_is_the_failure_of_its_task_alone(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(30))

    def broken() -> Answer:
        raise KeyError("no such thing")

    plan = studio.plan()
    studio.forget_answers(plan.id)
    studio.shelf.answers = {"p-7": broken}
    control.start(studio.resources, plan.id, "ann", approved=False)
    for _ in range(20):
        run, _ = work(studio.bench(), plan.id)
        if run.state is not RunState.RUNNING:
            break
        _make_due(studio, plan.id)
    assert run.state is RunState.SUCCEEDED_WITH_LEFTOVERS
    left = [item for item in studio.items(plan.id) if item.state != ItemState.DONE]
    assert [(item.task_key, item.state) for item in left] == [("7", "quarantined")]
    assert "KeyError" in left[0].outcome_detail


def _make_due(studio: Studio, run_id: str) -> None:
    due = update(repair_items).where(repair_items.c.run_id == run_id, repair_items.c.state == "deferred")
    with studio.resources.primary.begin() as connection:
        connection.execute(due.values(next_try_at=LONG_AGO))


@pytest.mark.parametrize("database_url", LONG, indirect=True)
def test_a_worker_killed_at_any_statement_leaves_a_repair_that_others_end(database_url: str, engine: Engine) -> None:
    random = Random(11)
    studio = studio_of(engine, lost_tasks(40, kept=2), repair_batch_size=6, repair_preview=0)
    studio.shelf.outputs_each = 2
    plan = studio.plan()
    control.start(studio.resources, plan.id, "ann", approved=False)
    moments = [random.randrange(10, 60) for _ in range(4)]
    for moment in moments:
        _die(database_url, plan.id, "work", moment)
        end_leases(studio, plan.id)
    run, _ = work(studio.bench(), plan.id)
    assert run.state is RunState.SUCCEEDED, moments
    assert_each_output_is_there_once(engine, range(1, 41), each=2)
    kept = {row.id for row in rows_of(engine) if row.output_key.startswith("out-")}
    assert len(kept) == 2
    assert_journal_is_true(engine)
    with engine.connect() as connection:
        states = Counter(connection.scalars(select(repair_batches.c.state)))
    assert states["lost"] >= 1, f"nobody was killed with a batch in hand: {states}, {moments}"


@pytest.mark.parametrize("database_url", LONG, indirect=True)
def test_a_rollback_killed_at_any_statement_is_started_again_and_ends(database_url: str, engine: Engine) -> None:
    random = Random(12)
    studio = studio_of(engine, lost_tasks(30, kept=2))
    plan = studio.plan()
    control.start(studio.resources, plan.id, "ann", approved=False)
    work(studio.bench(), plan.id)
    moments = [random.randrange(10, 50) for _ in range(4)]
    for moment in moments:
        _die(database_url, plan.id, "roll back", moment)
        assert_journal_is_true(engine)
        with engine.connect() as connection:
            assert require_run(connection, plan.id).state is RunState.ROLLING_BACK
    left = len(rows_of(engine))
    assert 2 < left < 32, f"nothing was undone, or everything: {left}, {moments}"
    run = rolling_back.roll_back(studio.resources, studio.resources.rule("task-outputs"), plan.id)
    assert run.state is RunState.ROLLED_BACK
    assert {row.task_id for row in rows_of(engine)} == {31, 32}
    assert_journal_is_true(engine)
    assert {item.state for item in studio.items(plan.id)} == {"rolled_back"}


def _die(database_url: str, run_id: str, job: str, statement: int) -> None:
    order = json.dumps({"database_url": database_url, "run_id": run_id, "job": job, "dies_at": statement})
    done = subprocess.run([sys.executable, PROGRAM, order], env={**os.environ}, check=False, timeout=120)
    assert done.returncode == -9, f"statement {statement} of `{job}` was not reached"


@pytest.mark.parametrize("database_url", ["postgresql", "mariadb"], indirect=True)
def test_nobody_waits_for_ever_for_a_process_that_was_frozen_in_its_transaction(
    database_url: str, engine: Engine
) -> None:
    studio = studio_of(engine, lost_tasks(5))
    plan = studio.plan()
    control.start(studio.resources, plan.id, "ann", approved=False)
    order: dict[str, object] = {"database_url": database_url, "run_id": plan.id, "job": "work", "signal": "SIGSTOP"}
    order |= {"before": "INSERT INTO task_outputs", "dies_at": 1}
    process = subprocess.Popen([sys.executable, PROGRAM, json.dumps(order)])
    try:
        until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_STOPPED)
        control.pause(studio.resources, plan.id, "ann")
        process.send_signal(signal.SIGCONT)
        process.wait(60)
    finally:
        process.kill()
        process.wait()
    assert (studio.rows(), studio.journal()) == ([], [])
    control.resume(studio.resources, plan.id, "ann")
    run, _ = work(studio.bench(), plan.id)
    assert run.state is RunState.SUCCEEDED
    assert_each_output_is_there_once(engine, range(1, 6))
    assert_journal_is_true(engine)
