"""Many missing tasks close together: pages get finer pieces of time, and every task is listed once, in order."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from consistency.missing import PAGE_ROWS, Question, missing_tasks
from consistency.model import Window
from consistency.source import source_of
from tests.factories.default_app import AppTask
from tests.factories.studio import DAY_AGO, studio_of


def test_more_tasks_than_a_page_holds_are_listed_once_each_in_order(engine: Engine) -> None:
    number = 3 * PAGE_ROWS
    finished = {each: DAY_AGO + timedelta(seconds=each * 7 % 5003 // 2) for each in range(1, number + 1)}
    rows = [AppTask(each, done, has_output=False, late_place=each % 5 == 0) for each, done in finished.items()]
    studio = studio_of(engine, rows)
    window = Window(DAY_AGO - timedelta(days=2), DAY_AGO + timedelta(hours=1))
    question = Question(studio.resources.rule("task-outputs"), window, datetime.now(UTC))
    listed = [task.key for task in missing_tasks(source_of(studio.resources), question)]
    assert sorted(map(int, map(str, listed))) == list(finished)
    times = [finished[int(str(key))] for key in listed]
    assert times == sorted(times)
