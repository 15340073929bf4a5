from datetime import UTC, datetime

import pytest

from consistency.model import CheckType, parse_utc
from consistency.settings import Settings
from monitor_tasks.slots import slot_of

SETTINGS = Settings(timezone="Asia/Shanghai", deep_at="23:30")


@pytest.mark.parametrize(
    ("kind", "now", "slot"),
    [
        (CheckType.QUICK, "2026-11-21T18:15:00.2Z", "2026-11-21T18:15:00Z"),
        (CheckType.QUICK, "2026-11-21T18:28:00Z", "2026-11-21T18:15:00Z"),  # late, because the worker was busy
        (CheckType.QUICK, "2026-11-21T18:14:58Z", "2026-11-21T18:15:00Z"),  # the worker's clock is behind beat's
        (CheckType.FULL, "2026-11-21T18:59:59Z", "2026-11-21T19:00:00Z"),
        (CheckType.FULL, "2026-11-21T18:40:00Z", "2026-11-21T18:00:00Z"),
        (CheckType.DEEP, "2026-11-21T15:30:00Z", "2026-11-21"),  # 23:30 in Shanghai
        (CheckType.DEEP, "2026-11-21T16:20:00Z", "2026-11-21"),  # late, already the next day there
        (CheckType.DEEP, "2026-11-21T15:29:58Z", "2026-11-21"),  # two seconds early
        (CheckType.DEEP, "2026-11-22T15:30:00Z", "2026-11-22"),
    ],
)
def test_a_moment_belongs_to_the_slot_of_the_schedule_that_it_was_meant_for(
    kind: CheckType, now: str, slot: str
) -> None:
    assert slot_of(kind, parse_utc(now), SETTINGS) == slot


def test_all_moments_of_a_period_share_one_slot() -> None:
    start = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
    slots = {slot_of(CheckType.QUICK, start.replace(minute=minute), SETTINGS) for minute in range(13)}
    assert slots == {"2026-11-21T18:00:00Z"}
