from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from consistency.dates import parse_end, parse_start, window_of
from consistency.errors import BadRequest
from consistency.model import Window, parse_utc, utc_text

NOW = datetime(2026, 9, 16, 4, 30, tzinfo=UTC)
DAY = timedelta(days=1)


def window(start: str | None, end: str | None, zone: str = "UTC", length: timedelta = DAY) -> Window:
    return window_of(start, end, ZoneInfo(zone), NOW, length)


@pytest.mark.parametrize(
    ("text", "zone", "start", "end"),
    [
        # A date is the whole day in the zone.
        ("2026-09-15", "UTC", "2026-09-15T00:00:00Z", "2026-09-16T00:00:00Z"),
        ("2026-09-15", "Asia/Shanghai", "2026-09-14T16:00:00Z", "2026-09-15T16:00:00Z"),
        ("2026-03-08", "America/New_York", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"),  # 23 hours
        ("2025-11-02", "America/New_York", "2025-11-02T04:00:00Z", "2025-11-03T05:00:00Z"),  # 25 hours
        ("2026-04-24", "Africa/Cairo", "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"),  # midnight is skipped
        ("2025-11-02", "America/Havana", "2025-11-02T04:00:00Z", "2025-11-03T05:00:00Z"),  # midnight comes twice
        # A time is an exact bound, the same as start and as end.
        ("2026-09-15T03:00", "UTC", "2026-09-15T03:00:00Z", "2026-09-15T03:00:00Z"),
        ("2026-09-15 03:00", "Asia/Shanghai", "2026-09-14T19:00:00Z", "2026-09-14T19:00:00Z"),
        ("2026-09-15T03:00:30", "UTC", "2026-09-15T03:00:30Z", "2026-09-15T03:00:30Z"),
        ("2026-09-15T03:00:30.25", "UTC", "2026-09-15T03:00:30.250000Z", "2026-09-15T03:00:30.250000Z"),
        ("2026-09-15T03:00Z", "Asia/Shanghai", "2026-09-15T03:00:00Z", "2026-09-15T03:00:00Z"),
        ("2026-09-15t03:00z", "Asia/Shanghai", "2026-09-15T03:00:00Z", "2026-09-15T03:00:00Z"),
        ("2026-09-15T03:00+08:00", "UTC", "2026-09-14T19:00:00Z", "2026-09-14T19:00:00Z"),
        ("2025-11-02T01:30-05:00", "America/New_York", "2025-11-02T06:30:00Z", "2025-11-02T06:30:00Z"),
        # Relative to now, in real hours.
        ("now", "Asia/Shanghai", "2026-09-16T04:30:00Z", "2026-09-16T04:30:00Z"),
        ("now-24h", "UTC", "2026-09-15T04:30:00Z", "2026-09-15T04:30:00Z"),
        (" Now - 1h30m ", "UTC", "2026-09-16T03:00:00Z", "2026-09-16T03:00:00Z"),
    ],
)
def test_what_a_person_types_is_read(text: str, zone: str, start: str, end: str) -> None:
    assert utc_text(parse_start(text, ZoneInfo(zone), NOW)) == start
    assert utc_text(parse_end(text, ZoneInfo(zone), NOW)) == end


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-02-30", "day"),
        ("2026-13-01", "month"),
        ("2026-09-15T25:00", "hour"),
        ("2026-09-15T03:00+99:00", "no date"),
        # Which number is the month? Refused with the forms that leave no doubt.
        ("09/15/2026", "write 2026-09-15"),
        ("15.09.2026", "write 2026-09-15"),
        ("2026-9-15", "write 2026-09-15"),
        ("20260915", "write 2026-09-15"),
        ("2026-W38-2", "write 2026-09-15"),
        ("yesterday", "write 2026-09-15"),
        ("now+1h", "write 2026-09-15"),
        ("1789527600", "write 2026-09-15"),
        ("", "write 2026-09-15"),
        ("now-24", "unit"),
        ("now-99999999d", "too far away"),
        ("1969-12-31", "too long ago"),
        ("0001-01-01T00:00+14:00", "too far away"),
        # A wall time in New York that never was, and one that was twice.
        ("2026-03-08T02:30", "skip it"),
        ("2025-11-02T01:30", "2025-11-02T01:30:00-04:00 or 2025-11-02T01:30:00-05:00"),
    ],
)
def test_anything_else_is_refused_in_one_line_that_names_the_argument(text: str, reason: str) -> None:
    with pytest.raises(BadRequest, match=reason) as refusal:
        parse_start(text, ZoneInfo("America/New_York"), NOW)
    assert str(refusal.value).startswith("--start-date: ")
    assert "\n" not in str(refusal.value)


def test_the_argument_is_named_as_the_caller_calls_it() -> None:
    with pytest.raises(BadRequest, match=r"^end: "):
        window_of("now-1h", "soon", ZoneInfo("UTC"), NOW, DAY, arguments=("start", "end"))


@pytest.mark.parametrize(
    ("start", "end", "zone", "expected_start", "expected_end"),
    [
        (None, None, "UTC", "2026-09-15T04:30:00Z", "2026-09-16T04:30:00Z"),  # the default length up to now
        ("now-2h", None, "UTC", "2026-09-16T02:30:00Z", "2026-09-16T04:30:00Z"),
        (None, "2026-09-10", "UTC", "2026-09-10T00:00:00Z", "2026-09-11T00:00:00Z"),
        ("2026-09-10", "2026-09-10", "UTC", "2026-09-10T00:00:00Z", "2026-09-11T00:00:00Z"),  # one whole day
        # An end that includes today reaches up to now.
        ("2026-09-16", "2026-09-16", "UTC", "2026-09-16T00:00:00Z", "2026-09-16T04:30:00Z"),
        ("2026-09-16", "2026-09-16T04:31", "UTC", "2026-09-16T00:00:00Z", "2026-09-16T04:30:00Z"),
        ("2026-09-15", "2026-09-15", "America/Los_Angeles", "2026-09-15T07:00:00Z", "2026-09-16T04:30:00Z"),
    ],
)
def test_a_window_is_made_of_two_optional_texts(
    start: str | None, end: str | None, zone: str, expected_start: str, expected_end: str
) -> None:
    assert window(start, end, zone) == Window(parse_utc(expected_start), parse_utc(expected_end))


@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [
        ("2026-09-15", "2026-09-14T12:00", "--end-date: .* before the start"),
        ("2026-09-12", "2026-09-10", "--end-date: .* before the start"),
        ("2026-09-15T03:00", "2026-09-15T03:00Z", "--end-date: the window is empty"),
        ("now", None, "--end-date: the window is empty"),
        ("2026-09-17", None, "--start-date: .* in the future"),
        ("2026-09-17", "2026-09-16", "--start-date: .* in the future"),
        ("2026-09-15", "2026-09-17", "--end-date: .* in the future"),
        ("2026-09-15", "2026-09-20T00:00Z", "--end-date: .* in the future"),
        ("2026-09-17", "2026-09-18", "in the future"),
    ],
)
def test_a_window_that_cannot_be_is_refused(start: str, end: str | None, reason: str) -> None:
    with pytest.raises(BadRequest, match=reason):
        window(start, end)


def test_a_day_that_a_zone_left_out_is_an_empty_window() -> None:
    with pytest.raises(BadRequest, match="empty"):
        window("2011-12-30", "2011-12-30", "Pacific/Apia")
