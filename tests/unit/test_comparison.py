import json
import random
from datetime import UTC, datetime

import pytest

from consistency.histogram import DelayHistogram
from monitor_tasks.comparison import Summary, compare, share, two_proportion_p

AT = datetime(2026, 9, 15, tzinfo=UTC)


def summary(tasks: int, missing: int, late: int | None = 0, delay: float = 2.0) -> Summary:
    delays = DelayHistogram()
    for _ in range(min(tasks - missing, 10)):
        delays.add_seconds(delay)
    return {"tasks": tasks, "with_outputs": tasks - missing, "missing": missing, "late": late, "delays": delays}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ((95, 100), (95, 100), 1.0),
        ((100, 100), (50, 50), 1.0),  # no variation at all
        ((90, 100), (80, 100), 0.0747),  # chi-squared = 200 (1000 - 100)^2 / (100 100 170 30) = 3.176
        ((9_980, 10_000), (347, 378), 0.0),
        ((3, 3), (2, 3), 1.0),  # three tasks prove nothing
    ],
)
def test_the_p_value_of_two_rates(before: tuple[int, int], after: tuple[int, int], expected: float) -> None:
    assert two_proportion_p(*before, *after) == pytest.approx(expected, abs=0.0005)
    assert two_proportion_p(*after, *before) == pytest.approx(expected, abs=0.0005)


def test_without_tasks_on_a_side_there_is_no_p_value() -> None:
    assert two_proportion_p(0, 0, 5, 5) is None
    assert two_proportion_p(5, 5, 0, 0) is None


def test_equal_rates_are_rarely_called_different() -> None:
    chance = random.Random(7)
    draws = [(sum(chance.random() < 0.9 for _ in range(200)), 200) for _ in range(400)]
    p_values = [two_proportion_p(*one, *other) for one, other in zip(draws[::2], draws[1::2], strict=True)]
    assert sum(p is not None and p < 0.05 for p in p_values) <= 20


def test_a_share_of_nothing_or_of_the_unmeasurable_is_none() -> None:
    assert share(1, 4) == 0.25
    assert share(0, 0) is None
    assert share(None, 4) is None


def test_a_fall_is_told_with_its_size_and_its_certainty() -> None:
    found = compare(summary(5_000, 10), summary(378, 31, late=6, delay=30), AT)
    assert found["sentence"] == (
        "the completion rate fell by 8.0 points: 99.8 % of 5000 tasks before and 91.8 % of 378 tasks"
        " since 2026-09-15T00:00:00Z (p < 0.001)"
    )
    assert found["significant"]
    assert found["change_points"] == pytest.approx(-8.0, abs=0.01)
    assert found["before"]["completion_rate"] == 0.998
    assert found["after"]["confidence"] == pytest.approx([0.886, 0.942], abs=0.001)
    assert found["after"]["late_share"] == 6 / 347
    assert found["after"]["delay_seconds"]["p50"] == pytest.approx(30, rel=0.01)


def test_a_recovery_is_told_as_a_rise() -> None:
    assert compare(summary(378, 31), summary(5_000, 10), AT)["sentence"].startswith("the completion rate rose by 8.0")


def test_a_tiny_but_certain_change_is_not_written_as_nothing() -> None:
    found = compare(summary(10_000_000, 100), summary(10_000_000, 2_000), AT)
    assert "fell by 0.019 points" in found["sentence"]


def test_a_difference_that_may_be_chance_is_called_unclear() -> None:
    found = compare(summary(100, 2), summary(100, 4), AT)
    assert not found["significant"]
    assert found["sentence"] == (
        "no clear change: 98.0 % of 100 tasks before and 96.0 % of 100 tasks since 2026-09-15T00:00:00Z (p = 0.68)"
    )


@pytest.mark.parametrize(("before", "after", "word"), [(0, 10, "before"), (10, 0, "since"), (0, 0, "before")])
def test_without_tasks_on_a_side_there_is_no_comparison(before: int, after: int, word: str) -> None:
    found = compare(summary(before, 0), summary(after, 0), AT)
    assert found["sentence"] == f"no comparison: there are no successful tasks {word} 2026-09-15T00:00:00Z"
    assert found["change_points"] is None
    assert not found["significant"]


def test_unmeasurable_lateness_stays_unknown() -> None:
    assert compare(summary(10, 0, late=None), summary(10, 0), AT)["before"]["late_share"] is None


def test_a_comparison_is_json() -> None:
    assert json.loads(json.dumps(compare(summary(10, 1), summary(0, 0), AT)))["after"]["tasks"] == 0
