"""Tables of every kind and name, and several rules on them."""

from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, Uuid

from consistency.model import CheckType, Window
from tests.factories.application import Application
from tests.factories.chance import some_world
from tests.factories.checking import check, mapping_of, open_run, resources_of
from tests.factories.comparing import assert_report_is_right
from tests.factories.mapped import AS_OF, HOUR, assert_counts_are_right
from tests.factories.oracle import Spec
from tests.factories.rows import Output, World


def test_one_table_can_be_parent_and_child(engine: Engine) -> None:
    """Events of jobs: each `deferred` needs an `ended` of the same job; a job may be deferred again."""
    application = Application(engine).create()
    old, young = AS_OF - 0.9 * HOUR, AS_OF - 0.01 * HOUR
    rows: list[tuple[int | None, str, datetime]] = [
        (1, "deferred", old),
        (1, "ended", old + HOUR / 60),
        (2, "deferred", old),
        (3, "deferred", old),
        (3, "deferred", young),  # the same job once more: its first turn is missing, its second pending
        (4, "deferred", old),
        (4, "deferred", old + HOUR / 30),  # both turns are missing
        (None, "ended", old),
    ]
    outputs = [Output(no, job, at, None, None, kind) for no, (job, kind, at) in enumerate(rows)]
    application.fill(World([], outputs))
    parent = {"table": "task_outputs", "id": "task_id", "state": "kind", "state_in": ["deferred"]}
    parent |= {"done_at": ["created_at"], "deleted_at": ""}
    child = {"where": [{"column": "kind", "op": "=", "value": "ended"}], "output_key": ""}
    resources = resources_of(engine, mapping_of(Spec(), parent=parent, child=child))
    for kind in (CheckType.RANGE, CheckType.QUICK, CheckType.QUICK):
        counts = check(resources, kind, AS_OF, window=Window(AS_OF - HOUR, AS_OF))["counts"]
        found = {name: counts[name] for name in ("tasks", "tasks_with_outputs", "missing", "pending", "null_fk")}
        assert found == {"tasks": 5, "tasks_with_outputs": 1, "missing": 4, "pending": 1, "null_fk": 1}


def test_several_rules_are_checked_side_by_side_and_forget_nothing_of_each_other(engine: Engine) -> None:
    application = Application(engine).create()
    specs = [
        Spec(),
        Spec(min_rows=2, grace=timedelta(minutes=1)),
        Spec(states=("DONE",), child_where=(("size", ">", 2),)),
    ]
    window = Window(AS_OF - HOUR, AS_OF)
    world = some_world(Random(3), specs[0], window.start, window.end, AS_OF, most=60)
    application.fill(world)
    rules = [mapping_of(spec, f"rule-{number}") for number, spec in enumerate(specs)]
    resources = resources_of(engine, *rules)
    runs = [open_run(resources, CheckType.QUICK, AS_OF, rule=number)[0] for number in range(3)]
    assert len({run.id for run in runs}) == 3
    for _ in range(2):
        for number, spec in enumerate(specs):
            report = check(resources, CheckType.FULL, AS_OF, rule=number, window=window)
            assert report["rule"] == f"rule-{number}"
            assert_report_is_right(report, world, spec)


def test_views_are_tables_too(engine: Engine) -> None:
    application = Application(engine).create()
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE VIEW all_tasks AS SELECT * FROM tasks")
        connection.exec_driver_sql("CREATE VIEW all_outputs AS SELECT * FROM task_outputs")
    assert_counts_are_right(application, parent={"table": "all_tasks"}, child={"table": "all_outputs"})


def test_tables_of_another_schema_are_found(postgres: Engine) -> None:
    with postgres.begin() as connection:
        connection.exec_driver_sql('CREATE SCHEMA "Shop 1"')
    application = Application(postgres, schema="Shop 1", key_type=Uuid()).create()
    parent, child = {"table": "Shop 1.tasks"}, {"table": "Shop 1.task_outputs"}
    assert_counts_are_right(application, key=lambda number: UUID(int=number), parent=parent, child=child)


NAMES = {
    "id": "select",
    "state": 'sta"te',
    "completed_at": "完成 时间",
    "updated_at": "Up'dated %s at",
    "created_at": "created%at (utc): now",
    "deleted_at": "group",
    "task_id": "task.id; drop table x;--",
    "output_key": "[key]",
    "kind": "order by",
    "size": "key",
}


def test_names_of_tables_and_columns_may_be_anything_that_the_database_has(engine: Engine) -> None:
    application = Application(engine, tables=('or"der', "任务 outputs`"), renamed=NAMES).create()
    spec = Spec(parent_where=(("size", "<=", 3),), child_where=(("size", ">=", 1),))

    def named(*plain: str) -> dict[str, Any]:
        return {name: NAMES[name] for name in plain}

    parent = {"table": 'or"der', "done_at": [NAMES[name] for name in spec.places], **named("id", "state", "deleted_at")}
    parent["where"] = [{"column": NAMES["size"], "op": "<=", "value": 3}]
    child = {"table": "任务 outputs`", "fk": NAMES["task_id"], **named("created_at", "output_key", "deleted_at")}
    child["where"] = [{"column": NAMES["size"], "op": ">=", "value": 1}]
    assert_counts_are_right(application, spec, parent=parent, child=child)
