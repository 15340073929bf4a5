from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency.durations import duration_text, parse_duration


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10m", timedelta(minutes=10)),
        ("30s", timedelta(seconds=30)),
        ("1h", timedelta(hours=1)),
        ("14d", timedelta(days=14)),
        ("2w", timedelta(weeks=2)),
        ("1h30m", timedelta(minutes=90)),
        ("500ms", timedelta(milliseconds=500)),
        ("1s500ms", timedelta(seconds=1.5)),
        ("0", timedelta(0)),  # the one number that needs no unit
        ("0s", timedelta(0)),
        (" 10M ", timedelta(minutes=10)),  # case and blanks around it do not matter
        ("90m", timedelta(minutes=90)),
    ],
)
def test_what_people_write_is_read(text: str, expected: timedelta) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10",  # ten what?
        "m",
        "-5m",
        "1.5h",
        "10 m",
        "10min",
        "30m1h",  # small before large is more likely a slip than a wish
        "1h1h",
        "\u0661m",  # a digit of another script
        "99999999999w",
        "9" * 5000 + "s",
    ],
)
def test_anything_else_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration|negative") as refusal:
        parse_duration(text)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        (timedelta(0), "0"),
        (timedelta(minutes=10), "10m"),
        (timedelta(minutes=90), "1h30m"),
        (timedelta(hours=24), "1d"),
        (timedelta(days=10), "10d"),  # weeks only when they come out even
        (timedelta(days=14), "2w"),
        (timedelta(milliseconds=1500), "1s500ms"),
        (timedelta(microseconds=3), "0"),  # under a millisecond nobody writes
    ],
)
def test_the_short_form_is_what_people_would_write(duration: timedelta, expected: str) -> None:
    assert duration_text(duration) == expected


def test_a_negative_duration_has_no_text() -> None:
    with pytest.raises(ValueError, match="not negative"):
        duration_text(timedelta(seconds=-1))


@given(st.integers(min_value=0, max_value=10**13))
def test_every_duration_survives_the_way_to_text_and_back(milliseconds: int) -> None:
    duration = timedelta(milliseconds=milliseconds)
    assert parse_duration(duration_text(duration)) == duration
