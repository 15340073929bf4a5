import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import sin, sqrt, tau
from zoneinfo import ZoneInfo

import pytest

from consistency.model import Level, Window
from monitor_tasks.trends import HOUR, HourPoint
from monitor_tasks.volume import JudgedHour, Volume, judge_hours, volume_findings

START = datetime(2026, 6, 1, tzinfo=UTC)  # a Monday
DAY = 24
UNUSUAL = {Volume.LOW, Volume.HIGH}
WEDNESDAY = 37 * DAY


def point(hour: int, tasks: int) -> HourPoint:
    return HourPoint(START + hour * HOUR, tasks, tasks, 0, 0, None, None)


def series(seed: int, level: float, hours: int, factor: Callable[[int], float] = lambda _: 1.0) -> list[HourPoint]:
    """Days and nights, half as many tasks at weekends, 6 % noise on top of Poisson, one old spike."""
    chance = random.Random(seed)
    points = []
    for hour in range(hours):
        mean = level * (1 + 0.5 * sin(tau * (hour % DAY - 6) / DAY)) * (0.5 if hour // DAY % 7 >= 5 else 1)
        mean *= factor(hour) * chance.gauss(1, 0.06) * (5 if hour == 200 else 1)
        points.append(point(hour, max(0, round(chance.gauss(mean, sqrt(max(mean, 0)))))))
    return points


def incident(first: int, last: int, factor: float) -> Callable[[int], float]:
    return lambda hour: factor if first <= hour < last else 1.0


def judged(points: list[HourPoint]) -> list[JudgedHour]:
    return list(judge_hours(points, ZoneInfo("UTC")))


@pytest.mark.parametrize("level", [400, 20])
def test_healthy_weeks_have_less_than_one_false_hour_in_a_hundred(level: float) -> None:
    known = [hour for seed in range(20) for hour in judged(series(seed, level, 56 * DAY)) if hour.expected is not None]
    assert len(known) > 5_000
    assert sum(hour.volume in UNUSUAL for hour in known) < len(known) / 100


@pytest.mark.parametrize(("level", "within", "share"), [(400, 3, 0.9), (20, 12, 0.5)])
def test_a_day_with_forty_per_cent_fewer_tasks_is_flagged_within_hours(level: float, within: int, share: float) -> None:
    flagged = 0
    for seed in range(20):
        hours = judged(series(seed, level, WEDNESDAY + DAY, incident(WEDNESDAY, WEDNESDAY + DAY, 0.6)))[-DAY:]
        low = [index for index, hour in enumerate(hours) if hour.volume is Volume.LOW]
        assert low[0] <= within
        flagged += len(low)
    assert flagged >= share * 20 * DAY


def test_an_incident_of_a_whole_week_does_not_become_the_new_normal() -> None:
    points = series(4, 400, 49 * DAY, incident(35 * DAY, 49 * DAY, 0.6))
    last = [hour for hour in judged(points)[-7 * DAY :] if hour.volume is not Volume.LEARNING]
    assert sum(hour.volume is Volume.LOW for hour in last) > 0.9 * len(last)


def test_after_the_incident_the_alarm_ends_within_hours() -> None:
    for seed in range(10):
        points = series(seed, 400, WEDNESDAY + 2 * DAY, incident(WEDNESDAY, WEDNESDAY + DAY, 0.6))
        assert not any(hour.volume in UNUSUAL for hour in judged(points)[-12:])


def test_until_fourteen_hours_like_it_are_known_an_hour_is_being_learned() -> None:
    hours = judged([point(hour, 100) for hour in range(22 * DAY)])
    noon = [hour for hour in hours if hour.start.hour == 12 and hour.start.weekday() < 5]
    assert [hour.volume for hour in noon] == [Volume.LEARNING] * 14 + [Volume.USUAL] * 2
    assert noon[13].n == 13
    assert noon[13].expected is None
    assert noon[14].expected == 100
    assert all(hour.volume is Volume.LEARNING for hour in hours if hour.start.weekday() >= 5)


def test_an_outage_is_flagged_in_its_first_hour_and_a_gap_is_not_judged() -> None:
    quiet = [point(hour, 100) for hour in range(WEDNESDAY)]
    assert judged([*quiet, point(WEDNESDAY, 0)])[-1].volume is Volume.LOW
    assert len(judged([*quiet, point(WEDNESDAY + 3, 100)])) == WEDNESDAY + 1


def test_a_gap_ends_what_was_being_added_up() -> None:
    quiet = [point(hour, 100) for hour in range(WEDNESDAY)]
    slightly_low = [point(WEDNESDAY + hour, 75) for hour in range(0, 20, 2)]
    assert not any(hour.volume in UNUSUAL for hour in judged([*quiet, *slightly_low]))
    steadily_low = [point(WEDNESDAY + hour, 75) for hour in range(20)]
    assert judged([*quiet, *steadily_low])[-1].volume is Volume.LOW


def test_hours_are_told_apart_in_the_zone() -> None:
    shanghai = ZoneInfo("Asia/Shanghai")
    points = [
        point(hour, 500 if (START + hour * HOUR).astimezone(shanghai).weekday() < 5 else 10) for hour in range(49 * DAY)
    ]
    assert not any(hour.volume in UNUSUAL for hour in judge_hours(points, shanghai))
    assert any(hour.volume in UNUSUAL for hour in judge_hours(points, ZoneInfo("UTC")))


@pytest.mark.parametrize(
    ("factor", "level"),
    [
        (0.85, Level.MEDIUM),
        (0.6, Level.HIGH),
        (0.2, Level.CRITICAL),
        (0.0, Level.CRITICAL),
        (1.4, Level.LOW),
        (3.0, Level.MEDIUM),
    ],
)
def test_the_level_follows_the_size_of_the_shortfall(factor: float, level: Level) -> None:
    points = series(1, 400, WEDNESDAY + 12, incident(WEDNESDAY, WEDNESDAY + 12, factor))
    window = Window(START + (WEDNESDAY - DAY) * HOUR, START + (WEDNESDAY + 12) * HOUR)
    assert [found.level for found in volume_findings(points, window, ZoneInfo("UTC"))] == [level]


def test_a_finding_says_what_was_observed_and_what_is_usual() -> None:
    points = [point(hour, 100) for hour in range(WEDNESDAY)] + [point(WEDNESDAY + hour, 30) for hour in range(3)]
    window = Window(START + WEDNESDAY * HOUR, START + (WEDNESDAY + 3) * HOUR)
    (found,) = volume_findings(points, window, ZoneInfo("UTC"))
    assert found.source == "volume"
    assert found.message == (
        "90 successful tasks from 2026-07-08T00:00:00Z to 2026-07-08T03:00:00Z, fewer than usual:"
        " expected 300 (247 to 353), n=27"
    )
    assert found.fix


def test_what_lies_before_the_window_or_is_no_whole_hour_is_not_told() -> None:
    points = [point(hour, 100) for hour in range(WEDNESDAY)] + [point(WEDNESDAY + hour, 0) for hour in range(3)]
    end = START + (WEDNESDAY + 3) * HOUR
    assert volume_findings(points, Window(end, end + HOUR), ZoneInfo("UTC")) == []
    partly = Window(START + (WEDNESDAY + 2) * HOUR, end - timedelta(minutes=1))
    assert volume_findings(points, partly, ZoneInfo("UTC")) == []


def test_no_points_no_findings() -> None:
    assert volume_findings([], Window(START, START + HOUR), ZoneInfo("UTC")) == []
