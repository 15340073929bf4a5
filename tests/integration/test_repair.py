"""A repair from the plan to the verified end, on each database."""

from collections import Counter

import pytest
from sqlalchemy import Engine, delete, insert, update

from compensation import control
from compensation.engine import work
from compensation.provider import Answer, Kind
from compensation.runs import RepairRefused
from compensation.states import ItemState, RunState
from compensation.undo import rolling_back
from compensation.undo.yielding import yield_to_originals
from compensation.undone import result_of
from tests.factories.default_app import outputs, tasks
from tests.factories.studio import lost_tasks, studio_of


def test_lost_outputs_come_back_once_each_with_its_journal_entry(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(7, kept=3))
    plan = studio.plan()
    assert plan.state is RunState.PLANNED
    assert plan.before is not None
    assert plan.before["missing"] == 7
    control.start(studio.resources, plan.id, "ann", approved=False)
    run, _ = work(studio.bench(), plan.id)
    assert run.state is RunState.SUCCEEDED
    assert run.after == {"tasks": 10, "with_outputs": 10, "missing": 0, "completion_rate": 1.0}
    assert Counter(row.task_id for row in studio.rows()) == Counter(range(1, 11))
    written = [row for row in studio.rows() if row.output_key == "9#0"]
    assert {row.file_url for row in written} == {f"https://files.example/p-{each}/0.png" for each in range(1, 8)}
    assert all(row.created_at is not None and row.file_type == "png" for row in written)
    assert len(studio.journal()) == 7


def test_a_dry_run_writes_nothing_and_shows_what_would_be_written(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(3))
    plan = studio.plan(dry_run=True)
    assert (plan.state, plan.plan_hash is not None, studio.rows()) == (RunState.PLANNED, True, [])
    assert all("p-" in item.outputs for item in studio.items(plan.id))


def test_what_the_application_has_written_since_the_plan_is_left_alone(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(40))
    plan = studio.plan()
    with engine.begin() as connection:
        connection.execute(insert(outputs), {"task_id": 5, "output_key": "own", "file_url": "https://own.example"})
    control.start(studio.resources, plan.id, "ann", approved=False)
    run, _ = work(studio.bench(), plan.id)
    assert run.state is RunState.SUCCEEDED
    states = {item.task_key: item.state for item in studio.items(plan.id)}
    assert states["5"] == ItemState.SKIPPED_PRESENT
    assert Counter(row.task_id for row in studio.rows()) == Counter(range(1, 41))


def test_a_task_that_has_changed_since_the_plan_is_skipped(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(40))
    plan = studio.plan()
    with engine.begin() as connection:
        connection.execute(update(tasks).where(tasks.c.id == 9).values(status="FAILED"))
    control.start(studio.resources, plan.id, "ann", approved=False)
    run, _ = work(studio.bench(), plan.id)
    assert run.state is RunState.SUCCEEDED_WITH_LEFTOVERS
    assert {item.state for item in studio.items(plan.id) if item.task_key == "9"} == {"skipped_precondition"}
    assert 9 not in {row.task_id for row in studio.rows()}


def test_a_plan_that_has_drifted_as_a_whole_is_refused(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(10))
    plan = studio.plan()
    with engine.begin() as connection:
        connection.execute(delete(tasks).where(tasks.c.id == 3))
    with pytest.raises(RepairRefused, match="1 of 10 tasks have changed"):
        control.start(studio.resources, plan.id, "ann", approved=False)


def test_every_answer_of_the_provider_has_its_outcome(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(6))
    kinds = [Kind.NO_OUTPUT, Kind.UPSTREAM_FAILED, Kind.GONE, Kind.BAD_ITEM, Kind.LINK_EXPIRED]
    studio.shelf.answers = {f"p-{place + 1}": Answer(kind) for place, kind in enumerate(kinds)}
    plan = studio.plan()
    control.start(studio.resources, plan.id, "ann", approved=False)
    run, _ = work(studio.bench(), plan.id)
    assert run.state is RunState.SUCCEEDED_WITH_LEFTOVERS
    assert [item.state for item in studio.items(plan.id)] == [
        "no_output",
        "upstream_failed",
        "upstream_gone",
        "quarantined",
        "link_expired",
        "done",
    ]


def test_a_refused_key_pauses_the_run_and_blames_no_task(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(4))
    plan = studio.plan()
    studio.shelf.answers = {f"p-{each}": Answer(Kind.STOP_RUN, code="802", detail="wrong key") for each in range(1, 5)}
    studio.forget_answers(plan.id)
    control.start(studio.resources, plan.id, "ann", approved=False)
    run, _ = work(studio.bench(), plan.id)
    assert (run.state, run.reason) == (RunState.PAUSED, "802: wrong key")
    assert {(item.state, item.attempts) for item in studio.items(plan.id)} == {("pending", 0)}
    studio.shelf.answers = {}
    control.resume(studio.resources, plan.id, "ann")
    run, _ = work(studio.bench(), plan.id)
    assert run.state is RunState.SUCCEEDED


def test_a_rollback_takes_back_its_own_rows_and_keeps_changed_ones(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(5, kept=2))
    plan = studio.plan()
    control.start(studio.resources, plan.id, "ann", approved=False)
    work(studio.bench(), plan.id)
    with engine.begin() as connection:
        connection.execute(update(outputs).where(outputs.c.task_id == 2).values(file_type="webp"))
        connection.execute(delete(outputs).where(outputs.c.task_id == 3))
    rule = studio.resources.rule("task-outputs")
    rehearsed = rolling_back.rehearse(studio.resources, rule, plan.id)
    assert (rehearsed.deleted, rehearsed.kept_changed, rehearsed.gone) == (3, 1, 1)
    rolling_back.begin(studio.resources, plan.id, "ann")
    run = rolling_back.roll_back(studio.resources, rule, plan.id)
    assert run.state is RunState.ROLLED_BACK_PARTIAL
    assert {row.task_id for row in studio.rows()} == {2, 6, 7}
    with studio.resources.reader.connect() as connection:
        undone = result_of(connection, plan.id)
    assert (undone.deleted, undone.kept_changed, undone.gone) == (3, 1, 1)
    assert undone.kept[0]["changed"] == {"file_type": {"written": "png", "now": "webp"}}


def test_our_row_gives_way_to_the_original_that_comes_late(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(2))
    plan = studio.plan()
    control.start(studio.resources, plan.id, "ann", approved=False)
    work(studio.bench(), plan.id)
    with engine.begin() as connection:
        row = {"task_id": 1, "output_key": "9#0", "file_url": "https://original.example"}
        connection.execute(insert(outputs), row)
    assert yield_to_originals(engine, studio.resources.rule("task-outputs"), plan.id) == 1
    assert [row.file_url for row in studio.rows() if row.task_id == 1] == ["https://original.example"]
    assert [item.state for item in studio.items(plan.id)] == ["yielded", "done"]
