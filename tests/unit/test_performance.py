from datetime import timedelta

import pytest

from consistency.model import Level
from monitor_tasks.performance import slow_statements
from monitor_tasks.scan import Timing

LIMIT = timedelta(seconds=5)


@pytest.mark.parametrize(
    ("seconds", "level"),
    [
        (4.999, None),
        (5.0, Level.MEDIUM),
        (14.9, Level.MEDIUM),
        (15.0, Level.HIGH),
        (49.9, Level.HIGH),
        (50.0, Level.CRITICAL),
        (900.0, Level.CRITICAL),
    ],
)
def test_a_slow_statement_is_graded_by_how_slow_it_is(seconds: float, level: Level | None) -> None:
    found = slow_statements([Timing("tasks", seconds, 1)], LIMIT)
    assert [finding.level for finding in found] == ([level] if level else [])


def test_of_many_runs_of_a_statement_the_slowest_is_told_once() -> None:
    timings = [Timing("tasks", 6.0, 1), Timing("tasks", 16.25, 1), Timing("tasks", 7.0, 1), Timing("others", 0.1, 1)]
    (finding,) = slow_statements(timings, LIMIT)
    assert finding.source == "database"
    assert finding.message == 'the statement "tasks" took 16.2 s; slow is 5s'
    assert finding.level is Level.HIGH


def test_without_statements_nothing_is_slow() -> None:
    assert slow_statements([], LIMIT) == []
