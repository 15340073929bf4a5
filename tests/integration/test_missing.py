from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from consistency import missing
from consistency.errors import BadRequest
from consistency.missing import MissingTask, Question, counted_by, missing_tasks, parent_column
from consistency.model import Window
from consistency.resources import Resources, open_resources
from consistency.settings import Settings
from consistency.source import Source
from tests.factories.default_app import AppTask, make_application

AS_OF = datetime(2026, 9, 16, 12, tzinfo=UTC)
DAY = Window(AS_OF - timedelta(hours=24), AS_OF)
LIMIT = timedelta(seconds=30)


@pytest.fixture
def resources(database_url: str) -> Iterator[Resources]:
    opened = open_resources(Settings(database_url=database_url))
    yield opened
    opened.dispose()


def found_in(resources: Resources, window: Window = DAY, columns: tuple[str, ...] = ()) -> list[MissingTask]:
    question = Question(resources.rule("task-outputs"), window, AS_OF, columns)
    return list(missing_tasks(Source(resources.read, resources.primary, LIMIT), question))


def test_every_missing_task_is_listed_once_oldest_first(
    resources: Resources, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(missing, "PAGE_ROWS", 3)
    random = Random(7)
    rows = [
        AppTask(
            number,
            # Few moments and many tasks, so that pages end between tasks of one moment.
            AS_OF - timedelta(minutes=random.randrange(-30, 60 * 26, 30), microseconds=random.choice((0, 1))),
            has_output=random.random() < 0.5,
            late_place=random.random() < 0.3,
        )
        for number in range(200)
    ]
    make_application(database_url, rows)
    mature = Window(DAY.start, AS_OF - timedelta(minutes=10))
    expected = [row for row in rows if not row.has_output and mature.start <= row.done < mature.end]
    found = found_in(resources)
    assert {(task.key, task.done_at) for task in found} == {(row.id, row.done) for row in expected}
    assert len(found) == len(expected)
    assert [task.done_at for task in found] == sorted(task.done_at for task in found)


def test_the_bounds_are_half_open_to_the_microsecond(resources: Resources, database_url: str) -> None:
    start, tick = AS_OF - timedelta(hours=5), timedelta(microseconds=1)
    end = start + timedelta(hours=1)
    moments = [start - tick, start, start + tick, end - tick, end, end + tick]
    make_application(database_url, [AppTask(number, done, has_output=False) for number, done in enumerate(moments)])
    assert [task.key for task in found_in(resources, Window(start, end))] == [1, 2, 3]


def test_a_young_task_is_not_missing_yet(resources: Resources, database_url: str) -> None:
    grace = timedelta(minutes=10)
    moments = [AS_OF - grace - timedelta(microseconds=1), AS_OF - grace, AS_OF - timedelta(minutes=1)]
    make_application(database_url, [AppTask(number, done, has_output=False) for number, done in enumerate(moments)])
    assert [task.key for task in found_in(resources)] == [0]


def test_further_columns_come_along(resources: Resources, database_url: str) -> None:
    done = AS_OF - timedelta(hours=2)
    make_application(database_url, [AppTask(1, done, has_output=False, provider_task_id="p-1", workflow="=evil")])
    (task,) = found_in(resources, columns=("workflow", "status"))
    assert (task.key, task.done_at, task.provider_task_id, task.state) == (1, done, "p-1", "SUCCESS")
    assert task.columns == {"workflow": "=evil", "status": "SUCCESS"}


def test_missing_tasks_are_counted_by_a_column(
    resources: Resources, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, workflows = AS_OF - timedelta(hours=2), ["img", "img", None, "video"]
    make_application(
        database_url,
        [AppTask(number, done, has_output=False, workflow=workflow) for number, workflow in enumerate(workflows)],
    )
    found = found_in(resources, columns=("workflow",))
    assert counted_by(found, "workflow", "--group-by") == {"img": 2, None: 1, "video": 1}
    monkeypatch.setattr(missing, "MOST_GROUPS", 2)
    with pytest.raises(BadRequest, match="--group-by: 'workflow' has more than 2 values"):
        counted_by(found, "workflow", "--group-by")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("workflo", "--group-by: table 'tasks' has no column 'workflo'; did you mean workflow?"),
        ("x;drop table tasks", "--group-by: table 'tasks' has no column 'x;drop table tasks'; it has id, status, "),
    ],
)
def test_an_unknown_column_is_told_with_the_nearest(
    resources: Resources, database_url: str, name: str, told: str
) -> None:
    make_application(database_url, [])
    rule = resources.rule("task-outputs")
    assert parent_column(rule, "workflow", "--group-by") == "workflow"
    with pytest.raises(BadRequest) as caught:
        parent_column(rule, name, "--group-by")
    assert str(caught.value).startswith(told)


def test_what_only_a_lagging_replica_lacks_is_not_missing(tmp_path: Path) -> None:
    done = AS_OF - timedelta(hours=2)
    primary, replica = f"sqlite:///{tmp_path / 'primary.db'}", f"sqlite:///{tmp_path / 'replica.db'}"
    make_application(primary, [AppTask(1, done), AppTask(2, done, has_output=False, workflow="new")])
    make_application(replica, [AppTask(number, done, has_output=False, workflow="old") for number in (1, 2)])
    resources = open_resources(Settings(database_url=primary, read_url=replica))
    found = found_in(resources, columns=("workflow",))
    assert [(task.key, task.columns) for task in found] == [(2, {"workflow": "new"})]
    resources.dispose()
