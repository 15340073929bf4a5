import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from consistency.histogram import DelayHistogram
from consistency.model import Window
from monitor_tasks.trends import HOUR, HourPoint, trend

START = datetime(2026, 9, 1, tzinfo=UTC)
DAY = timedelta(days=1)
TWO_WEEKS = Window(START, START + 14 * DAY)
GOOD = (100, 0)


def point(start: datetime, tasks: int = 100, missing: int = 0, late: int | None = 0) -> HourPoint:
    return HourPoint(start, tasks, tasks - missing, missing, late, 2.0, 20.0)


def series(start: datetime, hours: int, counts: Callable[[int], tuple[int, int]] = lambda _: GOOD) -> list[HourPoint]:
    return [point(start + hour * HOUR, *counts(hour)) for hour in range(hours)]


def test_a_quiet_fortnight_has_all_its_hours_and_days_and_no_slope() -> None:
    found = trend(series(START - 14 * DAY, 28 * 24), TWO_WEEKS, ZoneInfo("UTC"))
    assert len(found["hourly"]) == 14 * 24
    assert [day["hours"] for day in found["daily"]] == [24] * 14
    assert found["this_period"]["tasks"] == found["previous_period"]["tasks"] == 14 * 24 * 100
    assert found["change"]["completion_rate"] == 0
    assert not found["change"]["completion_rate_significant"]
    assert found["slope"] == {"completion_rate_per_day": 0, "days": 14}


def test_an_hour_that_nobody_looked_at_is_a_gap_and_an_idle_hour_is_zero() -> None:
    points = [p for p in series(START, 24, lambda hour: (0, 0) if hour == 5 else GOOD) if p.start != START + 3 * HOUR]
    found = trend(points, Window(START, START + DAY), ZoneInfo("UTC"))
    assert found["hourly"][3] == {**dict.fromkeys(found["hourly"][3]), "start": "2026-09-01T03:00:00Z"}
    assert found["hourly"][5]["tasks"] == 0
    assert found["hourly"][5]["completion_rate"] is None
    assert found["daily"][0]["hours_with_data"] == 23


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/New_York", "2026-03-08", 23),
        ("America/New_York", "2026-03-09", 24),
        ("America/New_York", "2026-11-01", 25),
        ("Europe/Lisbon", "2026-10-25", 25),
        ("Asia/Kolkata", "2026-09-03", 24),
        ("UTC", "2026-03-08", 24),
    ],
)
def test_days_are_days_of_the_zone(zone: str, day: str, hours: int) -> None:
    middle = datetime.fromisoformat(day).replace(tzinfo=UTC)
    found = trend([], Window(middle - 3 * DAY, middle + 3 * DAY), ZoneInfo(zone))
    assert {row["date"]: row["hours"] for row in found["daily"]}[day] == hours


def test_a_window_within_an_hour_covers_that_hour() -> None:
    window = Window(START + HOUR / 4, START + HOUR / 2)
    found = trend(series(START - HOUR, 2), window, ZoneInfo("UTC"))
    assert [row["start"] for row in found["hourly"]] == ["2026-09-01T00:00:00Z"]
    assert found["previous_period"]["start"] == "2026-08-31T23:00:00Z"
    assert found["previous_period"]["tasks"] == 100


def test_an_empty_window_has_no_rows() -> None:
    found = trend(series(START, 2), Window(START, START), ZoneInfo("UTC"))
    assert found["hourly"] == found["daily"] == []
    assert found["this_period"]["tasks"] is None


def test_a_worse_fortnight_is_a_significant_change() -> None:
    points = series(START - 14 * DAY, 28 * 24, lambda hour: (100, 0 if hour < 14 * 24 else 8))
    change = trend(points, TWO_WEEKS, ZoneInfo("UTC"))["change"]
    assert change["completion_rate"] == pytest.approx(-0.08)
    assert change["missing"] == 14 * 24 * 8
    assert change["completion_rate_significant"]


def test_totals_are_not_compared_when_one_period_has_gaps() -> None:
    points = series(START - DAY, 14 * 24)
    change = trend(points, TWO_WEEKS, ZoneInfo("UTC"))["change"]
    assert change["tasks"] is None
    assert change["missing"] is None
    assert change["completion_rate"] == 0


def test_without_a_previous_period_nothing_is_compared() -> None:
    found = trend(series(START, 14 * 24), TWO_WEEKS, ZoneInfo("UTC"))
    assert found["previous_period"]["tasks"] is None
    assert set(found["change"].values()) == {None, False}


def test_the_slope_is_that_of_a_steady_decline_and_one_bad_day_does_not_bend_it() -> None:
    def declining(hour: int) -> tuple[int, int]:
        return (1000, 900 if hour // 24 == 6 else 5 * (hour // 24))

    slope = trend(series(START, 14 * 24, declining), TWO_WEEKS, ZoneInfo("UTC"))["slope"]
    assert slope["completion_rate_per_day"] == pytest.approx(-0.005, rel=0.05)
    assert slope["days"] == 14


def test_a_slope_needs_three_days_with_tasks() -> None:
    assert trend(series(START, 48), TWO_WEEKS, ZoneInfo("UTC"))["slope"] is None
    idle = series(START, 96, lambda hour: GOOD if hour < 48 else (0, 0))
    assert trend(idle, TWO_WEEKS, ZoneInfo("UTC"))["slope"] is None
    assert trend(series(START, 49), TWO_WEEKS, ZoneInfo("UTC"))["slope"]["days"] == 3


def test_unmeasurable_lateness_stays_unknown() -> None:
    found = trend([point(START, late=None), point(START + HOUR)], TWO_WEEKS, ZoneInfo("UTC"))
    assert found["this_period"]["late"] is None
    assert found["this_period"]["late_share"] is None
    assert found["hourly"][1]["late"] == 0


def test_delays_of_longer_stretches_come_from_the_histograms() -> None:
    quick, slow = DelayHistogram(), DelayHistogram()
    quick.add(90, 1.0, 1.0)
    slow.add(10, 500_500.0, 500_500.0)
    points = [
        HourPoint(START, 90, 90, 0, 0, 1.0, 1.0, quick),
        HourPoint(START + HOUR, 10, 10, 0, 10, 500_500.0, 500_500.0, slow),
    ]
    day = trend(points, TWO_WEEKS, ZoneInfo("UTC"))["daily"][0]
    assert day["delay_p50"] == pytest.approx(1.0, rel=0.01)
    assert day["delay_p95"] == pytest.approx(500_500.0)


def test_without_histograms_they_are_the_median_of_the_hours_weighted_by_outputs() -> None:
    points = [
        HourPoint(START, 900, 900, 0, 0, 1.0, 9.0),
        HourPoint(START + HOUR, 10, 10, 0, 0, 50.0, 90.0),
        HourPoint(START + 2 * HOUR, 0, 0, 0, 0, None, None),
        HourPoint(START + 3 * HOUR, 10, 10, 0, 0, 60.0, 99.0),
    ]
    day = trend(points, TWO_WEEKS, ZoneInfo("UTC"))["daily"][0]
    assert (day["delay_p50"], day["delay_p95"]) == (1.0, 9.0)


def test_a_trend_is_json() -> None:
    found = trend(series(START - DAY, 72), TWO_WEEKS, ZoneInfo("Asia/Shanghai"))
    assert json.loads(json.dumps(found)) == found
