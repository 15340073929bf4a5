from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency.zones import get_zone, local_bound, offset_steps, read_naive, transitions

ZONES = [
    "America/New_York",
    "Asia/Shanghai",
    "Europe/Lisbon",
    "Australia/Lord_Howe",  # its summer time is half an hour
    "UTC",
    "Asia/Kolkata",
    "Africa/Cairo",  # skips midnight
    "America/Havana",  # shows midnight twice
]
YEAR = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))

CHANGES = [(ZoneInfo(name), change) for name in ZONES for change in transitions(ZoneInfo(name), *YEAR)]

zones = st.sampled_from([ZoneInfo(name) for name in ZONES])
moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants naive bounds


@st.composite
def near_a_change(draw: st.DrawFn, within: timedelta = timedelta(hours=3)) -> tuple[ZoneInfo, datetime]:
    zone, change = draw(st.sampled_from(CHANGES))
    return zone, change.at_utc + draw(st.timedeltas(-within, within))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]  # the parts are year, month, day, hour ...


def wall(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 - a wall clock has no zone


@pytest.mark.parametrize(
    ("zone", "moment", "expected"),
    [
        ("UTC", utc(2026, 9, 15, 3), wall(2026, 9, 15, 3)),
        ("Asia/Shanghai", utc(2026, 9, 15, 18), wall(2026, 9, 16, 2)),
        ("Asia/Kolkata", utc(2026, 9, 15, 18, 30), wall(2026, 9, 16)),
        # Autumn in New York: 01:00-02:00 is shown twice, its second showing maps to the end.
        ("America/New_York", utc(2026, 11, 1, 5, 30), wall(2026, 11, 1, 1, 30)),
        ("America/New_York", utc(2026, 11, 1, 6), wall(2026, 11, 1, 2)),
        ("America/New_York", utc(2026, 11, 1, 6, 30), wall(2026, 11, 1, 2)),
        ("America/New_York", utc(2026, 11, 1, 7), wall(2026, 11, 1, 2)),
        ("America/New_York", utc(2026, 11, 1, 7, 30), wall(2026, 11, 1, 2, 30)),
        # Spring in New York: 02:00-03:00 is skipped and belongs to the window that holds 07:00 UTC.
        ("America/New_York", utc(2026, 3, 8, 6, 59), wall(2026, 3, 8, 1, 59)),
        ("America/New_York", utc(2026, 3, 8, 7), wall(2026, 3, 8, 2)),
        ("America/New_York", utc(2026, 3, 8, 7, 30), wall(2026, 3, 8, 3, 30)),
        # Half an hour in Lord Howe: 01:30-02:00 is shown twice.
        ("Australia/Lord_Howe", utc(2026, 4, 4, 14, 45), wall(2026, 4, 5, 1, 45)),
        ("Australia/Lord_Howe", utc(2026, 4, 4, 15, 15), wall(2026, 4, 5, 2)),
        ("Australia/Lord_Howe", utc(2026, 4, 4, 15, 30), wall(2026, 4, 5, 2)),
    ],
)
def test_a_moment_has_its_local_bound(zone: str, moment: datetime, expected: datetime) -> None:
    assert local_bound(moment, ZoneInfo(zone)) == expected


@given(near_a_change())
def test_from_the_bound_on_everything_reads_at_or_after_the_moment_and_just_before_it_does_not(
    place: tuple[ZoneInfo, datetime],
) -> None:
    zone, moment = place
    bound = local_bound(moment, zone)
    later = [bound + timedelta(minutes=15 * step) for step in range(20)]
    assert all(read_naive(value, zone) >= moment for value in later)
    assert read_naive(bound - timedelta(microseconds=1), zone) < moment


@given(zones, st.lists(moments, min_size=2, max_size=8))
def test_adjoining_windows_hold_every_wall_time_exactly_once(zone: ZoneInfo, cuts: list[datetime]) -> None:
    bounds = [local_bound(cut, zone) for cut in sorted(cuts)]
    assert bounds == sorted(bounds)


@given(near_a_change(), st.timedeltas(timedelta(0), timedelta(hours=3)))
def test_a_row_lies_in_the_local_window_of_the_window_that_holds_its_instant(
    place: tuple[ZoneInfo, datetime], length: timedelta
) -> None:
    zone, start = place
    end = start + length
    change = transitions(zone, start - timedelta(days=1), end + timedelta(days=1))[0]
    low, high = local_bound(start, zone), local_bound(end, zone)
    for minutes in range(-300, 300, 13):
        value = change.local + timedelta(minutes=minutes)
        instant = read_naive(value, zone)
        if instant.astimezone(zone).replace(tzinfo=None) == value:  # the clock did show it
            assert (low <= value < high) == (start <= instant < end)


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "UTC", "Asia/Kolkata"])
def test_a_zone_without_summer_time_has_no_transitions(zone: str) -> None:
    assert transitions(ZoneInfo(zone), *YEAR) == []


@pytest.mark.parametrize(
    ("zone", "at", "local", "before", "after"),
    [
        ("America/New_York", utc(2026, 3, 8, 7), wall(2026, 3, 8, 3), -18000, -14400),
        ("America/New_York", utc(2026, 11, 1, 6), wall(2026, 11, 1, 2), -14400, -18000),
        ("Europe/Lisbon", utc(2026, 3, 29, 1), wall(2026, 3, 29, 2), 0, 3600),
        ("Europe/Lisbon", utc(2026, 10, 25, 1), wall(2026, 10, 25, 2), 3600, 0),
        ("Australia/Lord_Howe", utc(2026, 4, 4, 15), wall(2026, 4, 5, 2), 39600, 37800),
        ("Australia/Lord_Howe", utc(2026, 10, 3, 15, 30), wall(2026, 10, 4, 2, 30), 37800, 39600),
    ],
)
def test_a_transition_is_found_to_the_second(zone: str, at: datetime, local: datetime, before: int, after: int) -> None:
    found = transitions(ZoneInfo(zone), *YEAR)
    assert (at, local, before, after) in found
    assert len(found) == 2


def test_transitions_are_half_open() -> None:
    zone, at, second = ZoneInfo("Europe/Lisbon"), utc(2026, 3, 29, 1), timedelta(seconds=1)
    assert transitions(zone, at, at + second)
    assert not transitions(zone, at - second, at)
    assert not transitions(zone, at + second, at + timedelta(days=30))
    assert not transitions(zone, at, at)


@given(near_a_change(), st.timedeltas(timedelta(microseconds=1), timedelta(days=40)))
def test_the_offset_steps_read_every_value_between_the_bounds(
    place: tuple[ZoneInfo, datetime], length: timedelta
) -> None:
    zone, start = place
    low, high = local_bound(start, zone), local_bound(start + length, zone)
    first, steps = offset_steps(zone, start, start + length)
    for step in range(20):
        value = low + (high - low) * step / 20
        offset = [first, *(after for boundary, after in steps if value >= boundary)][-1]
        assert value - timedelta(seconds=offset) == read_naive(value, zone).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Asia/Shangai", "did you mean Asia/Shanghai"),
        ("shanghai", "did you mean Asia/Shanghai"),
        ("New York", "did you mean America/New_York"),
        ("utc", "did you mean UTC"),
        ("UTC+8", "Etc/GMT-8"),
        ("-03:00", "Etc/GMT\\+3"),
        ("", "IANA name"),
        ("Mars/Olympus", "IANA name"),
        ("../../etc/passwd", "IANA name"),
        ("/etc/passwd", "IANA name"),
        ("Asia\0", "."),
    ],
)
def test_an_unknown_zone_is_refused_with_a_hint(name: str, hint: str) -> None:
    with pytest.raises(ValueError, match=hint) as refusal:
        get_zone(name)
    assert "\n" not in str(refusal.value)


def test_a_known_zone_is_given() -> None:
    assert get_zone("Asia/Shanghai") == ZoneInfo("Asia/Shanghai")
