"""For whom outputs are missing, as checks of every type say it."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, Enum, String, text

from consistency.database import connect
from consistency.mapping import RuleMapping
from consistency.missing import Question, missing_tasks
from consistency.model import CheckType, Window
from consistency.source import source_of
from consistency.tally import Tally
from monitor_tasks.insight import Inquiry, add_insight
from monitor_tasks.measured import Measured
from monitor_tasks.missing_by import COLUMNS, MOST_KEYS
from monitor_tasks.report import Evidence
from tests.factories.application import Application
from tests.factories.checking import check, mapping_of, open_run, resources_of
from tests.factories.measured import statements_on
from tests.factories.oracle import Spec
from tests.factories.rows import Output, Task, World

NOON = datetime(2026, 9, 16, 12, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
KINDS = ("video", "video", "video", None, "image", "o'brien")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    connected = connect(database_url)
    yield connected
    connected.dispose()


def a_rule(*columns: str, **changes: Any) -> RuleMapping:
    return mapping_of(Spec(), **changes).model_copy(update={"segments": columns})


def lossy(number: int, key: Any = int, every: int = 3) -> World:
    """Tasks from 50 to 20 minutes before noon, of which every so many-th lacks its output."""
    world = World()
    for each in range(number):
        done = NOON - 50 * MINUTE + each * 30 * MINUTE / number
        world.tasks.append(Task(key(each), completed_at=done, kind=KINDS[each // every % len(KINDS)], size=each % 7))
        if each % every:
            world.outputs.append(Output(each, key(each), done + SECOND, "a"))
    return world


def rows(counts: Counter[Any]) -> list[dict[str, Any]]:
    largest = sorted(counts.items(), key=lambda item: (-item[1], item[0] or ""))[:5]
    return [{"value": value, "missing": missing, "of": counts.total()} for value, missing in largest]


def expected(world: World) -> dict[str, Any]:
    fulfilled = {output.task_id for output in world.outputs}
    missing = [task for task in world.tasks if task.id not in fulfilled]
    kinds, sizes = Counter(task.kind for task in missing), Counter(str(task.size) for task in missing)
    return {"kind": rows(kinds), "size": rows(sizes)}


@pytest.mark.parametrize("kind", [CheckType.QUICK, CheckType.FULL])
def test_a_check_says_for_whom_outputs_are_missing(engine: Engine, kind: CheckType) -> None:
    world = lossy(90)
    Application(engine).create().fill(world)
    report = check(resources_of(engine, a_rule("kind", "size")), kind, NOON)
    assert report["problems"] == []
    assert report["missing_by"] == expected(world)
    assert report["missing_by"]["kind"][0] == {"value": "video", "missing": 15, "of": 30}
    assert len(report["missing_by"]["size"]) == 5
    assert (report["segments"] is None) == (kind is CheckType.QUICK)


@pytest.mark.parametrize("key", [lambda number: f"任务 '{number}\" %s", lambda number: str(UUID(int=number))])
def test_quick_checks_say_it_of_tasks_that_they_know_by_their_keys_alone(engine: Engine, key: Any) -> None:
    application, world = Application(engine, key_type=String(80)).create(), lossy(60, key)
    application.fill(world)
    resources = resources_of(engine, a_rule("kind", "size"))
    check(resources, CheckType.QUICK, NOON)
    world.tasks.append(Task(key(99), completed_at=NOON - 2 * MINUTE, kind="new", size=1))
    world.outputs.append(Output(99, world.tasks[0].id, NOON, "late"))
    application.fill(world)
    report = check(resources, CheckType.QUICK, NOON + 9 * MINUTE)
    assert report["missing_by"] == expected(world)
    assert {"value": "new", "missing": 1, "of": 20} in report["missing_by"]["kind"]


def test_of_very_many_missing_tasks_a_quick_check_looks_at_a_thousand_in_one_statement(engine: Engine) -> None:
    Application(engine).create().fill(lossy(2500, every=1))
    report = check(resources_of(engine, a_rule("kind")), CheckType.QUICK, NOON)
    assert report["counts"]["missing"] == 2500
    (found,) = report["missing_by"].values()
    looked_at = found[0]["of"]
    assert MOST_KEYS / 2 < looked_at <= MOST_KEYS
    assert found[0]["missing"] / looked_at == pytest.approx(0.5, abs=0.1)
    statement = report["database"]["statements"][COLUMNS]
    assert (statement["times"], statement["rows"]) == (1, looked_at)


@pytest.mark.parametrize(("columns", "every"), [((), 3), (("kind",), 999)])
def test_nothing_more_is_read_where_nothing_is_to_be_said(engine: Engine, columns: tuple[str, ...], every: int) -> None:
    world = lossy(30, every=every)
    world.outputs.append(Output(999, world.tasks[0].id, NOON - 49 * MINUTE, "a"))
    Application(engine).create().fill(world)
    heard = statements_on(engine)
    report = check(resources_of(engine, a_rule(*columns)), CheckType.QUICK, NOON)
    assert report["missing_by"] is None
    assert [statement for statement in heard if "segment_0" in statement] == []


def test_what_the_database_refuses_is_a_problem_and_the_report_goes_on(engine: Engine) -> None:
    Application(engine).create().fill(lossy(30))
    resources = resources_of(engine, a_rule("kind"))
    run, _ = open_run(resources, CheckType.QUICK, NOON)
    bound, evidence = resources.rule("task-outputs"), Evidence()
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE tasks DROP COLUMN kind"))
    known = {"missing_keys": ("0", "3")}
    add_insight(Inquiry(resources, source_of(resources), run, bound, Measured(), Tally(missing=2), **known), evidence)
    (problem,) = evidence.problems
    assert problem.text.startswith("the missing tasks were not broken down: ")
    assert "kind" in problem.text
    assert evidence.missing_by is None


#: How a value comes to an enum while the rule has been read already.
GROWING = [
    ("postgresql", "ALTER TYPE task_kind ADD VALUE 'sound'"),
    ("mariadb", "ALTER TABLE tasks MODIFY kind ENUM('image', 'video', 'sound')"),
]


@pytest.mark.parametrize("kind", [CheckType.QUICK, CheckType.FULL])
@pytest.mark.parametrize(("database_url", "growing"), GROWING, indirect=["database_url"])
def test_an_enum_may_have_grown_since_the_rule_was_read(engine: Engine, growing: str, kind: CheckType) -> None:
    Application(engine, kind_type=Enum("image", "video", name="task_kind")).create()
    resources = resources_of(engine, a_rule("kind"))
    bound = resources.rule("task-outputs")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(growing))
    done = NOON - 30 * MINUTE
    world = World(tasks=[Task(1, completed_at=done, kind="sound"), Task(2, completed_at=done, kind=None)])
    Application(engine, kind_type=Enum("image", "video", "sound", name="task_kind")).fill(world)
    report = check(resources, kind, NOON)
    assert report["problems"] == []
    assert report["missing_by"] == {"kind": rows(Counter([None, "sound"]))}
    question = Question(bound, Window(NOON - 60 * MINUTE, NOON), NOON, ("kind",))
    listed = [task.columns["kind"] for task in missing_tasks(source_of(resources), question)]
    assert listed == ["sound", None]


@pytest.mark.parametrize("kind", [CheckType.QUICK, CheckType.FULL])
def test_values_that_a_column_should_not_hold_are_a_problem_too(sqlite_url: str, kind: CheckType) -> None:
    engine = connect(sqlite_url)
    Application(engine).create().fill(lossy(30))
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE tasks ADD COLUMN shown_at DATETIME"))
        connection.execute(text("UPDATE tasks SET shown_at = 'soon'"))
    report = check(resources_of(engine, a_rule("shown_at")), kind, NOON)
    assert (report["counts"]["missing"], report["missing_by"]) == (10, None)
    trouble = "the missing tasks were not broken down" if kind is CheckType.QUICK else "no segments"
    assert report["problems"][0].startswith(f"{trouble}: a value cannot be read")
    engine.dispose()
