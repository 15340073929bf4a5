from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from api.views.times import local_text, seconds_text, window_text
from cli.terminal import columns, printable
from cli.whole_file import whole_file
from consistency.errors import BadRequest
from consistency.model import Window

MOMENT = datetime(2026, 9, 16, 3, tzinfo=UTC)


def test_columns_are_aligned_also_with_wide_characters() -> None:
    assert columns([("任务", "1"), ("a", "22")], "  ") == ["  任务  1", "  a     22"]
    assert columns([]) == []


@pytest.mark.parametrize(
    ("value", "shown"), [("a\nb", "a?b"), ("\x1b[31mred", "?[31mred"), ("你好", "你好"), (None, "None"), (5, "5")]
)
def test_nothing_reaches_the_terminal_that_could_steer_it(value: object, shown: str) -> None:
    assert printable(value) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, "-"),
        (0, "0.0 s"),
        (9.94, "9.9 s"),
        (48.0, "48 s"),
        (300.2, "5 min"),
        (7199, "120 min"),
        (7200, "2.0 h"),
        (1_000_000, "12 d"),
    ],
)
def test_lengths_of_time_are_rounded_to_what_a_person_needs(seconds: float | None, shown: str) -> None:
    assert seconds_text(seconds) == shown


def test_a_window_over_a_clock_change_names_both_offsets() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    change = datetime(2026, 10, 25, 1, tzinfo=UTC)
    window = Window(change - timedelta(hours=1), change + timedelta(hours=1))
    assert window_text(window, berlin) == "2026-10-25 02:00:00 +02:00 to 03:00:00 +01:00"
    assert local_text(MOMENT, berlin) == "2026-09-16 05:00:00 +02:00"


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), whole_file(path, "--csv") as out:
        out.write(f"half, {1 / 0}")
    assert path.read_text() == "old"
    with whole_file(path, "--csv") as out:
        out.write("new")
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_names_the_option(tmp_path: Path) -> None:
    with (
        pytest.raises(BadRequest, match=r"--csv: .* cannot be written: No such file"),
        whole_file(tmp_path / "no" / "list.csv", "--csv"),
    ):
        pass
