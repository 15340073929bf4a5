import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import combinations
from math import sin, tau

import pytest

from consistency.model import parse_utc
from monitor_tasks.onset import _Counts, _most_likely, _Stretch, _total, onset
from monitor_tasks.trends import HOUR, HourPoint

START = datetime(2026, 9, 1, tzinfo=UTC)
FORTNIGHT = 14 * 24


def series(
    seed: int, rate: Callable[[int], float], hours: int = FORTNIGHT, tasks_an_hour: float = 40
) -> list[HourPoint]:
    """Hours of a system with days and nights whose tasks miss their output with `rate(hour)`."""
    chance = random.Random(seed)
    points = []
    for hour in range(hours):
        tasks = round(tasks_an_hour * (1 + 0.6 * sin(tau * hour / 24)) * chance.lognormvariate(0, 0.2))
        missing = sum(chance.random() < rate(hour) for _ in range(tasks))
        points.append(point(hour, tasks, missing))
    return points


def steady(rate: float) -> Callable[[int], float]:
    return lambda _: rate


def incident(rate: float, low: float, first: int, last: int) -> Callable[[int], float]:
    return lambda hour: rate if first <= hour < last else low


def point(hour: int, tasks: int, missing: int) -> HourPoint:
    return HourPoint(START + hour * HOUR, tasks, tasks - missing, missing, 0, None, None)


def hour_of(text: str) -> float:
    return (parse_utc(text) - START) / HOUR


@pytest.mark.parametrize(
    ("before", "after", "at", "tolerance"),
    [
        (0.002, 0.9, 200, 1),
        (0.002, 0.08, 200, 4),
        (0.02, 0.15, 100, 4),
        (0.0, 0.3, 330, 1),  # only six hours ago
        (0.02, 0.15, 30, 4),  # most of the window is the incident
        (0.3, 0.8, 150, 2),  # it was bad before and became worse
    ],
)
@pytest.mark.parametrize("seed", range(5))
def test_a_lasting_fall_is_found_at_its_hour(before: float, after: float, at: int, tolerance: int, seed: int) -> None:
    found = onset(series(seed, incident(after, before, at, FORTNIGHT)))
    assert found is not None
    assert abs(hour_of(found["at"]) - at) <= tolerance
    assert found["until"] is None
    assert found["rate_before"] == pytest.approx(1 - before, abs=0.02)
    assert found["rate_after"] == pytest.approx(1 - after, abs=0.1)
    assert found["evidence"] >= 15


@pytest.mark.parametrize("seed", range(10))
def test_an_incident_that_ended_has_its_end(seed: int) -> None:
    found = onset(series(seed, incident(0.4, 0.01, 150, 162)))
    assert found is not None
    assert hour_of(found["at"]) == pytest.approx(150, abs=1)
    assert hour_of(found["until"]) == pytest.approx(162, abs=1)


@pytest.mark.parametrize("tasks_an_hour", [5, 100])
def test_two_hundred_healthy_series_have_no_onset(tasks_an_hour: float) -> None:
    rates = [0.0, 0.0005, 0.003, 0.02]
    found = [onset(series(seed, steady(rates[seed % 4]), tasks_an_hour=tasks_an_hour)) for seed in range(100)]
    assert found == [None] * 100


@pytest.mark.parametrize("seed", range(20))
def test_two_per_cent_that_were_always_missing_are_no_onset(seed: int) -> None:
    assert onset(series(seed, steady(0.02), tasks_an_hour=300)) is None


def test_a_rate_that_scatters_from_hour_to_hour_is_no_onset() -> None:
    found = 0
    for seed in range(40):
        mood = random.Random(-seed)
        rates = [mood.betavariate(0.6, 29.4) for _ in range(FORTNIGHT)]
        found += onset(series(seed, rates.__getitem__)) is not None
    assert found <= 2


def test_an_incident_under_way_before_the_window_has_no_known_onset() -> None:
    assert onset(series(3, incident(0.5, 0.01, 0, 40))) is None


def test_a_second_incident_is_found_behind_one_that_was_under_way() -> None:
    found = onset(series(3, lambda hour: 0.9 if hour < 60 else 0.4 if 200 <= hour < 220 else 0.01))
    assert found is not None
    assert hour_of(found["at"]) == pytest.approx(200, abs=1)


@pytest.mark.parametrize(
    "points",
    [
        [],
        [point(0, 10, 5)],
        [point(hour, 0, 0) for hour in range(50)],  # nothing to judge
        [point(hour, 10, 0) for hour in range(50)],  # nothing missing
        [point(hour, 10, 10) for hour in range(50)],  # nothing there, all along
        [*(point(hour, 2, 0) for hour in range(50)), point(50, 4, 4)],  # too few to be sure
        [*(point(hour, 10_000, 0) for hour in range(50)), point(50, 10_000, 60)],  # sure, but small
    ],
)
def test_little_evidence_or_a_small_fall_is_no_onset(points: list[HourPoint]) -> None:
    assert onset(points) is None


def test_idle_hours_and_gaps_do_not_move_the_onset() -> None:
    busy = [point(hour, 50, 25 if hour >= 100 else 0) for hour in range(120) if hour % 10 not in {3, 4}]
    idle = [point(hour, 0, 0) for hour in range(120) if hour % 10 == 3]
    found = onset(random.Random(1).sample(busy + idle, len(busy + idle)))
    assert found is not None
    assert hour_of(found["at"]) == 100
    assert json.loads(json.dumps(found)) == found


def test_the_search_finds_what_trying_every_stretch_finds() -> None:
    chance = random.Random(5)
    for seed in range(25):
        low, high, first = chance.choice([0.002, 0.02, 0.1]), chance.choice([0.3, 0.6]), chance.randrange(60)
        last = chance.randrange(first + 2, 70)
        points = series(seed, incident(high, low, first, last), hours=70)
        counts = [_Counts(p.tasks, p.missing) for p in points]
        assert _most_likely(counts) == max(_all_stretches(counts), key=_Stretch.likelihood_ratio)


def _all_stretches(counts: list[_Counts]) -> list[_Stretch]:
    whole, stretches = _total(counts), []
    for first, last in combinations(range(len(counts) + 1), 2):
        inside = _total(counts[first:last])
        outside = whole - inside
        if inside.tasks and outside.tasks and inside.rate > outside.rate:
            stretches.append(_Stretch(first, last, inside, outside))
    return stretches
