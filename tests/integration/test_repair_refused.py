"""What databases and tables say against a row: only its task fails, with the reason; all others are repaired."""

import math
import os
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, insert, make_url, text

from compensation import control
from compensation.engine import work
from compensation.plans.opening import RepairOrder, open_repair
from compensation.provider import Answer, Kind, Output
from compensation.runs import Run
from compensation.states import ItemState, RunState
from consistency.database import connect
from consistency.errors import DatabaseError
from consistency.mapping import DEFAULT_RULE
from consistency.resources import Resources
from tests.factories.default_app import outputs
from tests.factories.studio import Studio, found, lost_tasks, studio_of
from tests.factories.truth import assert_each_output_is_there_once, assert_journal_is_true
from tests.servers.readers import reader_of

TASKS = 30
POISON = 7
FEW_TYPES = "ALTER TABLE task_outputs ADD CONSTRAINT few_types"


def address(url: str) -> str:
    """How a studio's files are named."""
    return f"https://files.example/{url}/0.png"


RAISING = """
    CREATE FUNCTION no_seven() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.task_id = 7 THEN RAISE EXCEPTION 'no seven here'; END IF; RETURN NEW; END $$
"""
SIGNALLING = """
    CREATE TRIGGER no_seven BEFORE INSERT ON task_outputs FOR EACH ROW
    IF NEW.task_id = 7 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no seven here'; END IF
"""
ABORTING = """
    CREATE TRIGGER no_seven BEFORE INSERT ON task_outputs WHEN NEW.task_id = 7
    BEGIN SELECT RAISE(ABORT, 'no seven here'); END
"""
BEFORE_INSERT = "CREATE TRIGGER no_seven BEFORE INSERT ON task_outputs FOR EACH ROW EXECUTE FUNCTION no_seven()"
TRIGGERS = {"postgresql": (RAISING, BEFORE_INSERT), "mysql": (SIGNALLING,), "sqlite": (ABORTING,)}


def execute(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def kind_of(engine: Engine) -> str:
    return engine.dialect.name.replace("mariadb", "mysql")


def a_trigger(engine: Engine) -> None:
    execute(engine, *TRIGGERS[kind_of(engine)])


def a_unique_constraint(engine: Engine) -> None:
    execute(engine, "CREATE UNIQUE INDEX one_url ON task_outputs (file_url)")
    row = {"task_id": TASKS + 1, "output_key": "own", "file_url": address(f"p-{POISON}")}
    with engine.begin() as connection:
        connection.execute(insert(outputs), row)


@pytest.mark.parametrize(
    ("obstacle", "reason"), [(a_trigger, "no seven here"), (a_unique_constraint, "one_url|file_url")]
)
def test_a_row_that_the_table_refuses_fails_alone(
    engine: Engine, obstacle: Callable[[Engine], None], reason: str
) -> None:
    studio = studio_of(engine, lost_tasks(TASKS, kept=1))
    obstacle(engine)
    run = repaired(studio, studio.plan())
    assert run.state is RunState.SUCCEEDED_WITH_LEFTOVERS
    (item,) = [item for item in studio.items(run.id) if item.state != ItemState.DONE]
    assert (item.task_key, item.state, item.outcome_code) == (str(POISON), "quarantined", "refused")
    assert any(word in item.outcome_detail for word in reason.split("|")), item.outcome_detail
    assert_each_output_is_there_once(engine, set(range(1, TASKS + 1)) - {POISON})


def test_a_foreign_key_of_the_row_refuses_it_alone(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(TASKS))
    if engine.dialect.name == "sqlite":
        refusing = "CREATE TRIGGER few_types BEFORE INSERT ON task_outputs WHEN NEW.file_type NOT IN ('png')"
        execute(engine, f"{refusing} BEGIN SELECT RAISE(ABORT, 'FOREIGN KEY few_types failed'); END")
    else:
        execute(engine, "CREATE TABLE types (name VARCHAR(20) PRIMARY KEY)", "INSERT INTO types VALUES ('png')")
        execute(engine, f"{FEW_TYPES} FOREIGN KEY (file_type) REFERENCES types (name)")
    studio.shelf.answers = {f"p-{POISON}": answer(fileUrl="https://files.example/x", fileType="gif")}
    assert_it_fails_alone(studio, "refused", "few_types")


def answer(**fields: Any) -> Answer:
    return Answer(Kind.FOUND, (Output("9#0", fields),), source="shelf")


#: What a provider may send for a text, a number and a moment; each fits no column.
ODD: dict[str, dict[str, Any]] = {
    "too long": {"fileUrl": "x" * 500},
    "a zero character": {"fileUrl": "https://files.example/\0.png"},
    "half a character": {"fileUrl": "https://files.example/\ud800.png"},
    "no number": {"size": "many"},
    "a huge number": {"size": 2**70},
    "an infinite number": {"size": math.inf},
    "a list": {"size": [1]},
    "no price": {"price": "free"},
    "a price without end": {"price": "Infinity"},
    "no moment": {"made": "soon"},
    "a number for a moment": {"made": 5},
}
#: What a kind of database can hold nevertheless.
HELD = {"postgresql": set(), "mysql": {"a zero character"}, "sqlite": {"a zero character"}}


def test_what_fits_no_column_fails_alone(engine: Engine) -> None:
    mapped = {"file_url": "fileUrl", "size": "size", "price": "price", "made": "made"}
    rule = DEFAULT_RULE.model_copy(update={"child": DEFAULT_RULE.child.model_copy(update={"columns": mapped})})
    studio = studio_of(engine, lost_tasks(6 * len(ODD)), rules=(rule,), repair_preview=0)
    for column in ("size INTEGER", "price DECIMAL(10, 2)", "made TIMESTAMP NULL"):
        execute(engine, f"ALTER TABLE task_outputs ADD COLUMN {column}")
    names = {str(6 * place): name for place, name in enumerate(ODD, 1)}
    studio.shelf.answers = {
        f"p-{task}": answer(**{"fileUrl": "https://files.example/x", **ODD[name]}) for task, name in names.items()
    }
    run = repaired(studio, studio.plan())
    assert run.state is RunState.SUCCEEDED_WITH_LEFTOVERS
    failed = [item for item in studio.items(run.id) if item.state != ItemState.DONE]
    assert {names[item.task_key] for item in failed} == set(ODD) - HELD[kind_of(engine)]
    assert {item.state for item in failed} == {"quarantined"}
    assert all(item.outcome_detail for item in failed)
    assert_journal_is_true(engine)


def assert_it_fails_alone(studio: Studio, code: str, reason: str) -> None:
    assert_only_the_poison_failed(studio, repaired(studio, studio.plan()), {code}, reason)


def assert_only_the_poison_failed(studio: Studio, run: Run, codes: set[str], reason: str) -> None:
    assert run.state is RunState.SUCCEEDED_WITH_LEFTOVERS
    (item,) = [item for item in studio.items(run.id) if item.state != ItemState.DONE]
    assert (item.task_key, item.state) == (str(POISON), "quarantined")
    assert item.outcome_code in codes
    assert item.outcome_detail
    assert reason in item.outcome_detail
    assert_each_output_is_there_once(studio.resources.primary, set(range(1, TASKS + 1)) - {POISON})
    assert_journal_is_true(studio.resources.primary)


def repaired(studio: Studio, plan: Run) -> Run:
    control.start(studio.resources, plan.id, "ann", approved=True)
    return work(studio.bench(), plan.id)[0]


@pytest.fixture
def clerk(database_url: str) -> Any:
    """A studio whose account may do all that a repair needs; granting and revoking is done with `engine_of_owner`."""
    if make_url(database_url).get_backend_name() == "sqlite":
        pytest.fail("SQLite knows no accounts")
    owner = connect(database_url)
    studio = studio_of(owner, lost_tasks(TASKS))
    with reader_of(database_url, os.getpid()) as url:
        name = make_url(url).username
        tables = [f"reconcilery_repair_{each}" for each in ("runs", "items", "batches", "journal", "events")]
        for table in tables:
            execute(owner, f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {name}")
        rights = {"tasks": "SELECT, UPDATE", "task_outputs": "SELECT, UPDATE, DELETE"}
        execute(owner, *(f"GRANT {given} ON {table} TO {name}" for table, given in rights.items()))
        if owner.dialect.name == "postgresql":
            execute(owner, f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}")
        engine = connect(url)
        yield owner, name, Studio(Resources(studio.resources.settings, engine, engine, engine), studio.shelf)
        engine.dispose()
    owner.dispose()


@pytest.mark.parametrize("database_url", ["postgresql", "mariadb"], indirect=True)
def test_an_account_that_may_not_insert_is_told_before_a_run_is_opened(clerk: tuple[Engine, str, Studio]) -> None:
    owner, _, studio = clerk
    with pytest.raises(DatabaseError, match=r"denied.*a repair writes, locks and deletes rows of task_outputs"):
        open_repair(studio.resources, RepairOrder(rule_id="task-outputs", actor="ann"))
    with owner.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM reconcilery_repair_runs")) == 0


@pytest.mark.parametrize("database_url", ["postgresql", "mariadb"], indirect=True)
def test_a_run_whose_account_loses_the_right_to_insert_pauses_and_blames_no_task(
    clerk: tuple[Engine, str, Studio],
) -> None:
    owner, name, studio = clerk
    execute(owner, f"GRANT INSERT ON task_outputs TO {name}")
    plan = studio.plan()
    studio.forget_answers(plan.id)

    def revoke() -> Answer:
        execute(owner, f"REVOKE INSERT ON task_outputs FROM {name}")
        return found("p-25")

    studio.shelf.answers = {"p-25": revoke}
    run = repaired(studio, plan)
    assert run.state is RunState.PAUSED
    assert run.reason is not None
    assert "denied" in run.reason
    assert {item.state for item in studio.items(run.id)} == {"done", "pending"}
    execute(owner, f"GRANT INSERT ON task_outputs TO {name}")
    studio.shelf.answers = {}
    control.resume(studio.resources, run.id, "ann")
    run, _ = work(studio.bench(), run.id)
    assert run.state is RunState.SUCCEEDED
    assert_each_output_is_there_once(owner, range(1, TASKS + 1))
    assert_journal_is_true(owner)
