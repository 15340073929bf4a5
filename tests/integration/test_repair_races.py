"""Several who write the same outputs at one time, runs and the application: in the end each is there once."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count

from sqlalchemy import Engine, delete, select, update

from compensation import control
from compensation.answers import text_of
from compensation.engine import work
from compensation.plans.opening import RepairOrder, open_repair
from compensation.provider import Answer, Kind
from compensation.runs import Run
from compensation.states import RunState
from compensation.undo.yielding import yield_to_originals
from consistency.ledger.repair_tables import repair_items, repair_journal
from consistency.mapping import DEFAULT_RULE
from tests.factories.default_app import AppTask, outputs
from tests.factories.studio import DAY_AGO, Studio, found, lost_tasks, studio_of
from tests.factories.taking_away import meanwhile
from tests.factories.truth import (
    ORIGINAL,
    assert_each_output_is_there_once,
    assert_journal_is_true,
    write_original,
)

WITHOUT_KEY = DEFAULT_RULE.model_copy(
    update={"child": DEFAULT_RULE.child.model_copy(update={"output_key": "", "min_rows": 2})}
)
TWO_EACH = DEFAULT_RULE.model_copy(update={"child": DEFAULT_RULE.child.model_copy(update={"min_rows": 2})})


def started(studio: Studio, **order: object) -> Run:
    """A run whose plan has been agreed to."""
    plan = studio.plan(**order)
    return control.start(studio.resources, plan.id, "ann", approved=True)


def repaired(studio: Studio, **order: object) -> Run:
    return work(studio.bench(), started(studio, **order).id)[0]


def test_two_runs_over_the_same_tasks_write_each_output_once(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(90), repair_batch_size=7)
    studio.shelf.outputs_each = 2
    by_dates = started(studio)
    by_ids = started(studio, task_ids=[str(each) for each in range(1, 91)])
    with meanwhile(*(lambda run=run: work(studio.bench(), run.id) for run in [by_dates, by_ids] * 2)):
        pass
    ended = [work(studio.bench(), run.id)[0] for run in (by_dates, by_ids)]
    assert [run.state for run in ended] == [RunState.SUCCEEDED] * 2
    assert_each_output_is_there_once(engine, range(1, 91), each=2)
    assert_journal_is_true(engine)
    states = {item.state for run in ended for item in studio.items(run.id)}
    assert states <= {"done", "skipped_present"}


def test_originals_that_come_between_the_answer_and_the_writing_are_left_alone(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(12))
    plan = studio.plan()
    studio.forget_answers(plan.id)
    studio.shelf.answers = {f"p-{each}": _after(engine, each, each) for each in range(1, 13, 3)}
    control.start(studio.resources, plan.id, "ann", approved=False)
    run, _ = work(studio.bench(), plan.id)
    assert run.state is RunState.SUCCEEDED
    assert_each_output_is_there_once(engine, range(1, 13))
    assert_journal_is_true(engine)
    assert [item.task_key for item in studio.items(plan.id) if item.state == "skipped_present"] == ["1", "4", "7", "10"]


def test_our_rows_give_way_to_originals_that_come_after_the_writing(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(12), provider_in_flight=1)
    plan = studio.plan()
    studio.forget_answers(plan.id)
    studio.shelf.answers = {"p-12": _after(engine, 12, 1, 2, 3)}
    control.start(studio.resources, plan.id, "ann", approved=False)
    run, _ = work(studio.bench(), plan.id)
    assert run.state is RunState.SUCCEEDED
    assert_each_output_is_there_once(engine, range(1, 13))
    assert_journal_is_true(engine)
    assert {row.task_id for row in studio.rows() if row.file_url.startswith(ORIGINAL)} == {1, 2, 3}


def _after(engine: Engine, answered: int, *written: int) -> Callable[[], Answer]:
    """The provider answers for one task, and by then the application has written some itself."""

    def answer() -> Answer:
        for task_id in written:
            write_original(engine, task_id)
        return found(f"p-{answered}")

    return answer


def test_the_application_writes_all_the_while(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(90), repair_batch_size=5)
    run, late = started(studio), range(1, 91, 3)

    def application() -> None:
        for task_id in late:
            write_original(engine, task_id)

    with meanwhile(application, *(lambda: work(studio.bench(), run.id) for _ in range(2))):
        pass
    work(studio.bench(), run.id)
    yield_to_originals(engine, studio.resources.rule("task-outputs"))
    assert_each_output_is_there_once(engine, range(1, 91))
    assert_journal_is_true(engine)
    assert {row.task_id for row in studio.rows() if row.file_url.startswith(ORIGINAL)} == set(late)


def test_a_row_that_somebody_has_deleted_by_hand_is_written_again(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(6))
    repaired(studio)
    with engine.begin() as connection:
        connection.execute(delete(outputs).where(outputs.c.task_id.in_([2, 5])))
    run = repaired(studio)
    assert run.state is RunState.SUCCEEDED
    assert_each_output_is_there_once(engine, range(1, 7))
    assert_journal_is_true(engine)
    assert {(entry.task_key, entry.undo_outcome) for entry in studio.journal() if entry.undone} == {
        ("2", "gone"),
        ("5", "gone"),
    }


def test_a_deleted_row_whose_number_a_stranger_has_now_is_written_again(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(3, kept=1))
    repaired(studio)
    with engine.begin() as connection:
        (number,) = connection.scalars(select(outputs.c.id).where(outputs.c.task_id == 3))
        connection.execute(delete(outputs).where(outputs.c.id == number))
        stranger = {"id": number, "task_id": 4, "output_key": "own", "file_url": f"{ORIGINAL}own"}
        connection.execute(outputs.insert(), stranger)
    run = repaired(studio)
    assert run.state is RunState.SUCCEEDED, [item.outcome_detail for item in studio.items(run.id)]
    assert_each_output_is_there_once(engine, range(1, 4))
    assert_journal_is_true(engine)


def test_partial_outputs_are_filled_up(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(3), rules=(TWO_EACH,))
    studio.shelf.outputs_each = 3
    write_original(engine, 1, "9#0")
    write_original(engine, 2, "9#2")
    run = repaired(studio)
    assert run.state is RunState.SUCCEEDED
    assert_each_output_is_there_once(engine, range(1, 4), each=3)
    assert_journal_is_true(engine)


def test_without_an_output_key_presence_is_judged_by_task_and_journal(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(4), rules=(WITHOUT_KEY,))
    studio.shelf.outputs_each = 2
    write_original(engine, 1)
    run = repaired(studio)
    states = {item.task_key: item.state for item in studio.items(run.id)}
    assert states == {"1": "skipped_precondition", "2": "done", "3": "done", "4": "done"}
    with engine.begin() as connection:
        (entry,) = connection.execute(select(repair_journal).where(repair_journal.c.task_key == "3").limit(1)).all()[:1]
        connection.execute(delete(outputs).where(outputs.c.id == int(entry.target_pk.strip("[]"))))
    run = repaired(studio)
    states = {item.task_key: item.state for item in studio.items(run.id)}
    assert states == {"1": "skipped_precondition", "3": "done"}
    assert sorted(row.task_id for row in studio.rows()) == [1, 2, 2, 3, 3, 4, 4]
    assert_journal_is_true(engine)


def test_without_an_output_key_our_rows_stay_until_the_originals_are_enough(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(2), rules=(WITHOUT_KEY,))
    studio.shelf.outputs_each = 2
    run = repaired(studio)
    rule = studio.resources.rule("task-outputs")
    write_original(engine, 1)
    assert yield_to_originals(engine, rule, run.id) == 0
    write_original(engine, 1, "9#1")
    assert yield_to_originals(engine, rule, run.id) == 2
    assert [row.file_url.startswith(ORIGINAL) for row in studio.rows() if row.task_id == 1] == [True, True]
    assert_journal_is_true(engine)


def test_answers_kept_from_the_plan_are_used_while_they_are_fresh(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(4))
    plan = studio.plan()
    old = update(repair_items).where(repair_items.c.task_key == "2")
    with engine.begin() as connection:
        connection.execute(old.values(fetched_at=repair_items.c.done_at, outputs=text_of(found("stale"))))
    studio.shelf.asked.clear()
    control.start(studio.resources, plan.id, "ann", approved=False)
    work(studio.bench(), plan.id)
    assert studio.shelf.asked == ["p-2"]
    assert_each_output_is_there_once(engine, range(1, 5))


def test_a_task_that_is_to_be_asked_for_again_is_repaired_when_its_time_has_come(engine: Engine) -> None:
    studio = studio_of(engine, [AppTask(1, DAY_AGO, has_output=False, provider_task_id="p-1")])
    asked = count()
    plan = studio.plan()
    studio.forget_answers(plan.id)
    studio.shelf.answers = {"p-1": lambda: _later(next(asked))}
    control.start(studio.resources, plan.id, "ann", approved=False)
    while work(studio.bench(), plan.id)[0].state is RunState.RUNNING:
        pass
    assert_each_output_is_there_once(engine, [1])
    assert [item.attempts for item in studio.items(plan.id)] == [2]


def _later(asked: int) -> Answer:
    return found("p-1") if asked >= 2 else Answer(Kind.TRANSIENT, retry_after=timedelta(0))


def test_a_plan_that_goes_on_by_itself_is_the_only_run_of_its_scope(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(3))
    plan = studio.plan(unattended=True, start=None)
    assert plan.state is RunState.PLANNED
    order = RepairOrder(rule_id="task-outputs", actor="bob", unattended=True)
    other, new = open_repair(studio.resources, order)
    assert (other.id, new) == (plan.id, False)
    control.start(studio.resources, plan.id, "ann", approved=False)
    run, _ = work(studio.bench(), plan.id)
    assert run.state is RunState.SUCCEEDED
    _, new = open_repair(studio.resources, order)
    assert new
