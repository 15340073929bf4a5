"""Single tasks by their keys: how each stands, as stored, on all three databases."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import DateTime, Engine, Uuid, update

from consistency import missing, tasks_by_keys
from consistency.database import transaction
from consistency.missing import Question, missing_tasks
from consistency.model import Window
from consistency.resources import Resources
from consistency.source import source_of
from consistency.tasks_by_keys import KeyedTask, select_tasks
from tests.factories.application import Application
from tests.factories.chance import some_spec, some_world
from tests.factories.checking import mapping_of, resources_of
from tests.factories.oracle import Spec, expected, passes, place_of
from tests.factories.rows import Output, Task, World

AS_OF = datetime(2026, 9, 16, 12, 0, 0, 250000, tzinfo=UTC)
DONE = AS_OF - timedelta(hours=2)
CASES = {"sqlite": 30, "postgresql": 10, "mysql": 10}


@pytest.fixture
def application(engine: Engine) -> Application:
    return Application(engine).create()


def asked(resources: Resources, keys: Sequence[object], columns: Sequence[str] = ()) -> dict[object, KeyedTask]:
    rule = resources.rule("task-outputs")
    found = list(tasks_by_keys.tasks_by_keys(source_of(resources), rule, keys, AS_OF, columns))
    assert len({task.key for task in found}) == len(found)
    return {task.key: task for task in found}


@pytest.fixture
def resources(application: Application) -> Iterator[Resources]:
    opened = resources_of(application.engine, mapping_of(Spec()))
    yield opened
    opened.dispose()


def test_each_task_is_told_as_the_oracle_judges_it(application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks_by_keys, "PAGE_KEYS", 7)
    for seed in range(CASES[application.engine.dialect.name]):
        random = Random(seed)
        spec = some_spec(random)
        world = some_world(random, spec, AS_OF - timedelta(hours=1), AS_OF, AS_OF)
        application.fill(world)
        found = asked(resources_of(application.engine, mapping_of(spec)), [*range(50), 77_777])
        assert found.keys() == {task.id for task in world.tasks}, f"case {seed}"
        for task in world.tasks:
            assert judged(found[task.id]) == right(task, world, spec), f"case {seed}, {task} under {spec}"


def judged(task: KeyedTask) -> dict[str, Any]:
    names = ("state", "done_at", "successful", "deleted", "matured", "missing", "outputs")
    return {name: getattr(task, name) for name in names}


def right(task: Task, world: World, spec: Spec) -> dict[str, Any]:
    where, own = place_of(task, spec), World([task], world.outputs)
    judgement = expected(own, spec, AS_OF - timedelta(days=9), AS_OF, AS_OF)
    live = [each for each in world.outputs if passes(each, spec.child_where) and each.task_id == task.id]
    return {
        "state": task.state,
        "done_at": where[1] if where else None,
        "successful": task.state in spec.states and passes(task, spec.parent_where),
        "deleted": spec.soft_deleted_tasks and task.deleted_at is not None,
        "matured": where is not None and where[1] < AS_OF - spec.grace,
        "missing": bool(judgement.missing),
        "outputs": sum(not (spec.soft_deleted_outputs and each.deleted_at) for each in live),
    }


def test_a_list_and_a_question_by_key_tell_the_same_stored_values(
    application: Application, resources: Resources
) -> None:
    application.fill(World([Task(1, completed_at=DONE, updated_at=DONE, kind="image"), Task(2, updated_at=DONE)]))
    rule = resources.rule("task-outputs")
    question = Question(rule, Window(AS_OF - timedelta(days=1), AS_OF), AS_OF, ("kind",))
    listed = {task.key: task for task in missing_tasks(source_of(resources), question)}
    by_key = asked(resources, [1, 2], ("kind",))
    assert {key: task.values(rule) for key, task in listed.items()} == {
        key: task.values(rule) for key, task in by_key.items()
    }
    stored = application.spell(DONE)
    assert by_key[1].finish == {"completed_at": stored, "updated_at": stored, "created_at": None}
    assert by_key[1].values(rule) == {**by_key[1].finish, "id": 1, "state": "SUCCESS", "kind": "image"}
    assert by_key[2].finish["completed_at"] is None


def test_a_text_that_no_date_type_reads_is_told_as_it_stands(sqlite: Engine) -> None:
    Application(sqlite, moment=DateTime()).create()
    with transaction(sqlite) as connection:
        connection.exec_driver_sql("INSERT INTO tasks (id, state, completed_at) VALUES (1, 'SUCCESS', ?)", ("x",))
        connection.exec_driver_sql("UPDATE tasks SET completed_at = '2026-09-16T10:00:00.25Z'")
    found = asked(resources_of(sqlite, mapping_of(Spec())), [1])
    assert found[1].finish["completed_at"] == "2026-09-16T10:00:00.25Z"
    assert found[1].done_at == DONE


def test_aware_moments_are_the_same_in_every_session(postgres: Engine) -> None:
    application = Application(postgres, moment=DateTime(timezone=True), encode=lambda moment: moment).create()
    application.fill(World([Task(1, completed_at=DONE)]))
    with transaction(postgres) as connection:
        name = connection.exec_driver_sql("SELECT current_database()").scalar()
        connection.exec_driver_sql(f"ALTER DATABASE \"{name}\" SET timezone TO 'Asia/Shanghai'")
    postgres.dispose()
    found = asked(resources_of(postgres, mapping_of(Spec())), [1])[1]
    assert found.finish["completed_at"].isoformat() == DONE.isoformat()
    assert found.finish["completed_at"].tzinfo is UTC
    assert found.done_at == DONE


def test_keys_may_be_uuids(postgres: Engine) -> None:
    keys = [UUID(int=number) for number in (1, 2)]
    application = Application(postgres, key_type=Uuid()).create()
    application.fill(World([Task(keys[0], completed_at=DONE)], [Output(1, keys[0], DONE)]))
    found = asked(resources_of(postgres, mapping_of(Spec())), keys)
    assert {key: task.outputs for key, task in found.items()} == {keys[0]: 1}


def test_a_state_that_is_newer_than_the_rule_is_told(postgres: Engine) -> None:
    with transaction(postgres) as connection:
        connection.exec_driver_sql("CREATE TYPE state AS ENUM ('SUCCESS')")
        connection.exec_driver_sql("CREATE TABLE tasks (id INTEGER PRIMARY KEY, state state, completed_at TIMESTAMP)")
        connection.exec_driver_sql("CREATE TABLE task_outputs (id INTEGER PRIMARY KEY, task_id INTEGER)")
        connection.exec_driver_sql("INSERT INTO tasks VALUES (1, 'SUCCESS', '2026-09-16 10:00:00')")
    spec = Spec(
        places=("completed_at",), soft_deleted_tasks=False, soft_deleted_outputs=False, created=False, keyed=False
    )
    resources = resources_of(postgres, mapping_of(spec))
    assert asked(resources, [1])[1].state == "SUCCESS"
    with postgres.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ALTER TYPE state ADD VALUE 'ARCHIVED'")
        connection.exec_driver_sql("UPDATE tasks SET state = 'ARCHIVED'")
    assert asked(resources, [1])[1].state == "ARCHIVED"
    assert not asked(resources, [1])[1].successful


def test_the_rows_can_be_locked_while_they_are_read(application: Application, resources: Resources) -> None:
    application.fill(World([Task(1, completed_at=DONE)], [Output(1, 1, DONE)]))
    rule = resources.rule("task-outputs")
    with transaction(resources.primary) as connection:
        statement = select_tasks(rule, [1], AS_OF).with_for_update(of=rule.parent)
        (row,) = connection.execute(statement).all()
        connection.execute(update(rule.parent_table).values(kind="held"))
    assert tasks_by_keys.keyed_task(rule, (), row).outputs == 1


def test_a_key_that_several_tasks_share_is_listed_once_each(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(missing, "PAGE_ROWS", 2)
    with transaction(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE tasks (id INTEGER, state VARCHAR(9), completed_at TIMESTAMP NULL)")
        connection.exec_driver_sql("CREATE TABLE task_outputs (id INTEGER PRIMARY KEY, task_id INTEGER)")
        for minute in range(6):
            moment = f"2026-09-16 10:0{minute}:00"
            connection.exec_driver_sql(f"INSERT INTO tasks VALUES ({minute % 2}, 'SUCCESS', '{moment}')")
    spec = Spec(
        places=("completed_at",), soft_deleted_tasks=False, soft_deleted_outputs=False, created=False, keyed=False
    )
    resources = resources_of(engine, mapping_of(spec))
    question = Question(resources.rule("task-outputs"), Window(AS_OF - timedelta(days=1), AS_OF), AS_OF)
    found = [(task.key, task.done_at.minute) for task in missing_tasks(source_of(resources), question)]
    assert found == [(minute % 2, minute) for minute in range(6)]
