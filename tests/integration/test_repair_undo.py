"""Taking a repair back: what is ours and unchanged goes, what has become somebody's stays and is named."""

from typing import Any

import pytest
from sqlalchemy import Engine, delete, insert, select, update

from compensation import control
from compensation.engine import work
from compensation.runs import RepairRefused, Run
from compensation.states import ItemState, RunState
from compensation.undo import rolling_back
from compensation.undone import Undone, result_of
from tests.factories.default_app import outputs
from tests.factories.studio import Studio, lost_tasks, studio_of
from tests.factories.truth import ORIGINAL, assert_each_output_is_there_once, assert_journal_is_true, standing

REFERRING = "CREATE TABLE likes (output_id INTEGER NOT NULL, FOREIGN KEY (output_id) REFERENCES task_outputs (id))"
RAISING = """
    CREATE FUNCTION stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF OLD.task_id = 2 THEN RAISE EXCEPTION 'two stays'; END IF; RETURN OLD; END $$
"""
BEFORE_DELETE = "CREATE TRIGGER stays BEFORE DELETE ON task_outputs FOR EACH ROW EXECUTE FUNCTION stays()"
SIGNALLING = """
    CREATE TRIGGER stays BEFORE DELETE ON task_outputs FOR EACH ROW
    IF OLD.task_id = 2 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'two stays'; END IF
"""
ABORTING = """
    CREATE TRIGGER stays BEFORE DELETE ON task_outputs WHEN OLD.task_id = 2
    BEGIN SELECT RAISE(ABORT, 'two stays'); END
"""
REFUSING = {"postgresql": (RAISING, BEFORE_DELETE), "mysql": (SIGNALLING,), "sqlite": (ABORTING,)}


def repaired(studio: Studio, **order: object) -> Run:
    plan = studio.plan(**order)
    control.start(studio.resources, plan.id, "ann", approved=True)
    return work(studio.bench(), plan.id)[0]


def taken_back(studio: Studio, run_id: str) -> Run:
    rolling_back.begin(studio.resources, run_id, "ann")
    return rolling_back.roll_back(studio.resources, studio.resources.rule("task-outputs"), run_id)


def result(studio: Studio, run_id: str) -> Undone:
    with studio.resources.reader.connect() as connection:
        return result_of(connection, run_id)


def number_of(engine: Engine, task_id: int) -> int:
    with engine.connect() as connection:
        return int(connection.scalars(select(outputs.c.id).where(outputs.c.task_id == task_id)).one())


def test_a_rollback_in_many_turns_ends_as_one_does(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(6, kept=2))
    run, turns = repaired(studio), 1
    rolling_back.begin(studio.resources, run.id, "ann")
    rule = studio.resources.rule("task-outputs")
    while (run := rolling_back.roll_back(studio.resources, rule, run.id, turn=0)).state is RunState.ROLLING_BACK:
        assert len(studio.rows()) == 8 - turns
        assert_journal_is_true(engine)
        turns += 1
    assert run.state is RunState.ROLLED_BACK
    assert [row.task_id for row in studio.rows()] == [7, 8]
    assert run.after is not None
    assert run.after["missing"] == 6


def test_a_rollback_done_twice_changes_nothing(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(3, kept=1))
    run = repaired(studio)
    taken_back(studio, run.id)
    before = (studio.rows(), studio.journal(), studio.items(run.id))
    rule = studio.resources.rule("task-outputs")
    assert rolling_back.roll_back(studio.resources, rule, run.id).state is RunState.ROLLED_BACK
    with pytest.raises(RepairRefused, match="nothing to roll back"):
        rolling_back.begin(studio.resources, run.id, "ann")
    assert (studio.rows(), studio.journal(), studio.items(run.id)) == before


def test_a_repair_after_a_rollback_writes_the_outputs_again(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(5))
    for _ in range(3):
        run = repaired(studio)
        assert run.state is RunState.SUCCEEDED
        assert_each_output_is_there_once(engine, range(1, 6))
        assert_journal_is_true(engine)
        assert taken_back(studio, run.id).state is RunState.ROLLED_BACK
        assert studio.rows() == []


def test_rows_that_other_rows_refer_to_stay_and_are_named(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(4))
    run = repaired(studio)
    number = number_of(engine, 2)
    with engine.begin() as connection:
        connection.exec_driver_sql(REFERRING)
        connection.exec_driver_sql(f"INSERT INTO likes VALUES ({number})")
    run = taken_back(studio, run.id)
    assert run.state is RunState.ROLLED_BACK_PARTIAL
    assert [row.task_id for row in studio.rows()] == [2]
    (kept,) = result(studio, run.id).kept
    assert kept["task_id"] == "2"
    assert "foreign key" in kept["referred_to"].lower()
    assert_journal_is_true(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM likes")
    assert taken_back(studio, run.id).state is RunState.ROLLED_BACK
    assert (studio.rows(), standing(engine)) == ([], [])


def test_a_row_whose_deletion_a_trigger_refuses_stays_and_the_others_go(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(4))
    run = repaired(studio)
    with engine.begin() as connection:
        for statement in REFUSING[engine.dialect.name.replace("mariadb", "mysql")]:
            connection.exec_driver_sql(statement)
    run = taken_back(studio, run.id)
    assert run.state is RunState.ROLLED_BACK_PARTIAL
    assert [row.task_id for row in studio.rows()] == [2]
    (kept,) = result(studio, run.id).kept
    # SQLite tells a trigger's word as it tells that of a foreign key.
    assert "two stays" in str(kept.get("refused", kept.get("referred_to")))


def test_changed_rows_stay_and_their_changes_are_named(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(3))
    run = repaired(studio)
    with engine.begin() as connection:
        connection.execute(update(outputs).where(outputs.c.task_id == 2).values(file_url=f"{ORIGINAL}better"))
    assert taken_back(studio, run.id).state is RunState.ROLLED_BACK_PARTIAL
    (kept,) = result(studio, run.id).kept
    written = {"written": "https://files.example/p-2/0.png", "now": f"{ORIGINAL}better"}
    assert kept["changed"] == {"file_url": written}
    assert {item.task_key: item.state for item in studio.items(run.id)} == {
        "1": "rolled_back",
        "2": "kept_changed",
        "3": "rolled_back",
    }


def test_a_strangers_row_that_has_the_number_of_a_deleted_one_of_ours_stays(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(3, kept=1))
    run, number = repaired(studio), number_of(engine, 3)
    with engine.begin() as connection:
        connection.execute(delete(outputs).where(outputs.c.id == number))
        stranger = {"id": number, "task_id": 4, "output_key": "own", "file_url": f"{ORIGINAL}own"}
        connection.execute(insert(outputs), stranger)
    run = taken_back(studio, run.id)
    assert [row.task_id for row in studio.rows()] == [4, 4]
    undone = result(studio, run.id)
    assert (run.state, undone.deleted, undone.gone, undone.kept) == (RunState.ROLLED_BACK, 2, 1, [])


def test_a_run_that_was_paused_or_cancelled_half_way_is_taken_back(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(30))
    plan = studio.plan()
    control.start(studio.resources, plan.id, "ann", approved=False)
    bench = studio.bench()
    bench.on_item = _pausing(studio, plan.id)
    run, _ = work(bench, plan.id)
    assert run.state is RunState.PAUSED
    written = len(studio.rows())
    assert 0 < written < 30
    control.cancel(studio.resources, plan.id, "ann")
    assert taken_back(studio, plan.id).state is RunState.ROLLED_BACK
    assert (studio.rows(), standing(engine)) == ([], [])
    states = {item.state for item in studio.items(plan.id)}
    assert states == {ItemState.ROLLED_BACK, ItemState.PENDING}


def _pausing(studio: Studio, run_id: str) -> Any:
    def pause() -> None:
        if len(studio.rows()) >= 10:
            control.pause(studio.resources, run_id, "ann")

    return pause
