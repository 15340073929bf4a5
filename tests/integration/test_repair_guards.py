"""What keeps a repair from doing what nobody wants."""

import json

import pytest
from sqlalchemy import Engine, select, update

from compensation import control
from compensation.engine import work
from compensation.provider import Answer, Kind, Output
from compensation.runs import Parameters
from compensation.scheduling import open_scheduled
from compensation.states import RunState
from compensation.undo import rolling_back
from consistency.ledger.repair_tables import repair_runs
from consistency.model import CheckType
from monitor_tasks import checks
from tests.factories.kinds import LONG
from tests.factories.studio import Studio, lost_tasks, studio_of


def repaired(studio: Studio, **order: object) -> str:
    plan = studio.plan(**order)
    control.start(studio.resources, plan.id, "ann", approved=True)
    assert work(studio.bench(), plan.id)[0].state is RunState.SUCCEEDED
    return plan.id


def test_named_tasks_need_no_approval_for_being_missing_for_the_most_part(sqlite: Engine) -> None:
    studio = studio_of(sqlite, lost_tasks(150, kept=10), repair_share=0.5)
    assert studio.plan(task_ids=[str(each) for each in range(1, 151)]).needs_approval is None
    approval = studio.plan().needs_approval
    assert approval == "150 of 160 tasks are more than 50% of the window (repair_share)"


def test_parameters_that_a_newer_release_has_added_are_left_out(sqlite: Engine) -> None:
    studio = studio_of(sqlite, lost_tasks(1))
    run = studio.plan(batch_size=7)
    (stored,) = studio.read(select(repair_runs.c.parameters))
    newer = json.dumps({**json.loads(stored.parameters), "colour": "blue"})
    with sqlite.begin() as connection:
        connection.execute(update(repair_runs).values(parameters=newer))
    assert control.start(studio.resources, run.id, "ann", approved=False).parameters == Parameters(
        batch_size=7, share=1.0
    )


def test_what_was_taken_back_is_not_repaired_again_by_the_schedule(sqlite: Engine) -> None:
    studio = studio_of(sqlite, lost_tasks(3), repair_schedule="auto")
    run, _ = checks.start(studio.resources, CheckType.FULL, "task-outputs")
    checks.work(studio.resources, run.id)
    run_id = repaired(studio)
    rule = studio.resources.rule("task-outputs")
    rolling_back.begin(studio.resources, run_id, "ann")
    rolling_back.roll_back(studio.resources, rule, run_id)
    left_out = open_scheduled(studio.resources).left_out
    assert left_out == {"task-outputs": f"repair {run_id} was taken back; the next one is for a person to start"}


def test_the_schedule_does_nothing_unless_it_is_told_to(sqlite: Engine) -> None:
    studio = studio_of(sqlite, lost_tasks(3))
    opened = open_scheduled(studio.resources)
    assert (opened.run_ids, opened.left_out, studio.read(select(repair_runs.c.id))) == ([], {}, [])


@pytest.mark.parametrize("database_url", LONG, indirect=True)
def test_a_text_that_no_database_can_hold_costs_its_own_task_alone(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(4))
    broken = Output("9#0", {"fileUrl": "https://files.example/\ud800.png", "fileType": "png"})
    studio.shelf.answers = {"p-2": Answer(Kind.FOUND, (broken,))}
    plan = studio.plan()
    control.start(studio.resources, plan.id, "ann", approved=False)
    run, _ = work(studio.bench(), plan.id)
    assert run.state is RunState.SUCCEEDED_WITH_LEFTOVERS
    assert [item.state for item in studio.items(plan.id)] == ["done", "quarantined", "done", "done"]
