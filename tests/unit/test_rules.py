from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency.model import Health, Level
from consistency.rules import completion_rate, health_of, level_of, rate_text, verdict, wilson_interval


@st.composite
def counts(draw: st.DrawFn) -> tuple[int, int]:
    tasks = draw(st.integers(min_value=1, max_value=10**9))
    return draw(st.integers(min_value=0, max_value=tasks)), tasks


def test_without_tasks_there_is_no_rate_and_no_interval() -> None:
    assert completion_rate(0, 0) is None
    assert wilson_interval(0, 0) is None


@pytest.mark.parametrize(("with_outputs", "tasks"), [(2, 1), (-1, 1), (1, 0)])
def test_impossible_counts_are_refused(with_outputs: int, tasks: int) -> None:
    with pytest.raises(ValueError, match="cannot have outputs"):
        completion_rate(with_outputs, tasks)


@pytest.mark.parametrize(
    ("with_outputs", "tasks", "health", "level"),
    [
        (20, 20, Health.HEALTHY, None),  # nothing missing: no level
        (999, 1000, Health.HEALTHY, Level.LOW),
        (19, 20, Health.HEALTHY, Level.LOW),  # exactly 95 % belongs to the better side
        (949_999, 1_000_000, Health.DEGRADED, Level.MEDIUM),  # one task less does not, though it rounds to 95.0 %
        (4, 5, Health.DEGRADED, Level.MEDIUM),  # exactly 80 %
        (799_999, 1_000_000, Health.UNHEALTHY, Level.HIGH),
        (1, 2, Health.UNHEALTHY, Level.HIGH),  # exactly 50 %
        (499_999, 1_000_000, Health.UNHEALTHY, Level.CRITICAL),
        (0, 3, Health.UNHEALTHY, Level.CRITICAL),
    ],
)
def test_bounds_belong_to_the_better_side(with_outputs: int, tasks: int, health: Health, level: Level | None) -> None:
    rate = completion_rate(with_outputs, tasks)
    assert health_of(rate) == health
    assert level_of(rate, tasks - with_outputs) == level


@given(counts())
def test_the_floating_rate_decides_as_the_exact_fraction_would(pair: tuple[int, int]) -> None:
    with_outputs, tasks = pair
    rate = completion_rate(with_outputs, tasks)
    assert (health_of(rate) is Health.HEALTHY) == (Fraction(with_outputs, tasks) >= Fraction(95, 100))


@pytest.mark.parametrize(
    ("rate", "coverage", "stale"),
    [(None, 1.0, False), (1.0, 0.999, False), (1.0, 0.0, False), (1.0, 1.0, True), (0.1, 0.5, False)],
)
def test_what_is_not_fully_known_is_unknown(rate: float | None, coverage: float, *, stale: bool) -> None:
    assert health_of(rate, coverage, stale=stale) is Health.UNKNOWN


def test_without_a_rate_there_is_no_level() -> None:
    assert level_of(None, 0) is None


@pytest.mark.parametrize(
    ("successes", "n", "confidence", "low", "high"),
    [
        (347, 378, 0.95, 0.886, 0.942),  # the contract's example
        (0, 10, 0.95, 0.0, 0.278),
        (10, 10, 0.95, 0.722, 1.0),
        (5, 10, 0.99, 0.184, 0.816),
    ],
)
def test_the_interval_is_wilsons(successes: int, n: int, confidence: float, low: float, high: float) -> None:
    assert wilson_interval(successes, n, confidence) == pytest.approx((low, high), abs=0.0006)


@given(counts())
def test_the_interval_holds_the_rate_and_stays_between_zero_and_one(pair: tuple[int, int]) -> None:
    interval = wilson_interval(*pair)
    assert interval is not None
    assert 0 <= interval[0] <= pair[0] / pair[1] <= interval[1] <= 1


@pytest.mark.parametrize(
    ("with_outputs", "tasks", "expected"),
    [
        (347, 378, "91.8 %"),
        (1, 1, "100 %"),
        (9_999_999, 10_000_000, "99.9 %"),  # never 100 % while one is missing
        (94_999, 100_000, "94.9 %"),  # never over a bound that the exact rate misses
        (95, 100, "95.0 %"),
        (79_999, 100_000, "79.9 %"),
        (0, 7, "0.0 %"),
        (2, 3, "66.7 %"),
    ],
)
def test_a_rate_is_written_without_flattery(with_outputs: int, tasks: int, expected: str) -> None:
    assert rate_text(with_outputs, tasks) == expected


@given(counts())
def test_one_hundred_per_cent_is_written_only_when_nothing_is_missing(pair: tuple[int, int]) -> None:
    assert (rate_text(*pair) == "100 %") == (pair[0] == pair[1])


def test_a_verdict_is_one_sentence_with_the_health_first() -> None:
    assert verdict(tasks=378, with_outputs=347, late=6) == (
        "degraded: 91.8 % of 378 successful tasks have their output; 31 missing, 6 late"
    )
    assert verdict(tasks=20, with_outputs=20, late=0) == (
        "healthy: 100 % of 20 successful tasks have their output; 0 missing, 0 late"
    )
    assert verdict(tasks=1, with_outputs=0, late=0) == (
        "unhealthy: 0.0 % of 1 successful task has its output; 1 missing, 0 late"
    )


def test_a_verdict_is_silent_about_lateness_that_cannot_be_measured() -> None:
    assert verdict(tasks=2, with_outputs=1, late=None).endswith("; 1 missing")


def test_an_unknown_verdict_says_why() -> None:
    assert verdict(tasks=0, with_outputs=0, late=0) == "unknown: no successful tasks in the window"
    assert verdict(tasks=4, with_outputs=3, late=0, coverage=0.629) == (
        "unknown: coverage 62 %; 75.0 % of 4 successful tasks have their output; 1 missing, 0 late"
    )
    assert verdict(tasks=0, with_outputs=0, late=0, coverage=0.9999) == (
        "unknown: coverage 99 %; no successful tasks in the window"
    )
    assert verdict(tasks=1, with_outputs=1, late=0, stale=True).startswith("unknown: the check is stale; ")
