"""What a mapping may not say: a MappingError of one line, and nothing has changed."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, Uuid, inspect

from consistency.binding import bind
from consistency.errors import MappingError
from consistency.model import CheckType
from tests.factories.application import Application, moment_type
from tests.factories.checking import check, mapping_of, resources_of
from tests.factories.mapped import AS_OF, HOUR
from tests.factories.oracle import Spec
from tests.factories.rows import Task, World

HOSTILE = (
    'tasks"; drop table tasks;--',
    "tasks`; drop table tasks;--",
    "tasks' or '1'='1",
    "public.tasks;",
    "..",
    "任务",
    "%s",
)


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize(
    ("side", "key"),
    [
        ("parent", "table"),
        ("parent", "id"),
        ("parent", "state"),
        ("parent", "done_at"),
        ("parent", "deleted_at"),
        ("child", "table"),
        ("child", "fk"),
        ("child", "created_at"),
        ("child", "output_key"),
        ("child", "where"),
    ],
)
def test_a_hostile_name_is_a_mapping_error_of_one_line_and_changes_nothing(
    sqlite: Engine, side: str, key: str, hostile: str
) -> None:
    application = Application(sqlite).create()
    application.fill(World([Task(1, completed_at=AS_OF)], []))
    value: Any = {"done_at": [hostile], "where": [{"column": hostile, "op": "is null"}]}.get(key, hostile)
    changes: dict[str, Any] = {side: {key: value}}
    with pytest.raises(MappingError) as caught:
        bind(sqlite, mapping_of(Spec(), **changes), 0)
    assert str(caught.value).startswith(f"rules.task-outputs.{side}.{key}: ")
    assert "\n" not in str(caught.value)
    assert inspect(sqlite).get_table_names() == ["task_outputs", "tasks"]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_table_name_reaches_no_server(engine: Engine, hostile: str) -> None:
    Application(engine).create()
    with pytest.raises(MappingError):
        bind(engine, mapping_of(Spec(), parent={"table": hostile}), 0)
    assert set(inspect(engine).get_table_names()) == {"task_outputs", "tasks"}


@pytest.mark.parametrize(
    ("column", "op", "value", "said"),
    [
        ("size", "=", "five", "tasks.size holds whole numbers, which 'five' is not"),
        ("size", "in", ["1", 2], "tasks.size holds whole numbers, which '1' is not"),
        ("kind", "=", 5, "tasks.kind holds text, which 5 is not"),
        ("stat", "=", "x", "table 'tasks' has no column 'stat'; did you mean state"),
    ],
)
def test_a_filter_that_cannot_be_compared_is_refused_at_once(
    engine: Engine, column: str, op: str, value: Any, said: str
) -> None:
    Application(engine).create()
    condition = {"column": column, "op": op, "value": value}
    with pytest.raises(MappingError, match=said):
        bind(engine, mapping_of(Spec(), parent={"where": [condition]}), 0)


def test_a_filter_on_a_moment_is_refused_where_the_column_has_such_a_type(postgres: Engine) -> None:
    Application(postgres, moment=moment_type(postgres)).create()
    condition = {"column": "updated_at", "op": ">", "value": "2026-01-01"}
    with pytest.raises(MappingError, match="updated_at holds moments"):
        bind(postgres, mapping_of(Spec(), parent={"where": [condition]}), 0)


def test_a_filter_on_uuids_takes_their_text(engine: Engine) -> None:
    application = Application(engine, key_type=Uuid()).create()
    wanted, other = UUID(int=5), UUID(int=6)
    done = AS_OF - 0.5 * HOUR
    application.fill(World([Task(wanted, completed_at=done), Task(other, completed_at=done)], []))
    condition = {"column": "id", "op": "=", "value": str(wanted)}
    if inspect(engine).get_columns("tasks")[0]["type"].__class__.__name__ == "CHAR":
        condition["value"] = wanted.hex  # SQLite and old MariaDB keep UUIDs as texts of 32 digits.
    report = check(resources_of(engine, mapping_of(Spec(), parent={"where": [condition]})), CheckType.QUICK, AS_OF)
    assert report["counts"]["missing"] == 1
