from dataclasses import replace

import pytest

from compensation.limits.breaker_rules import BreakerTimes, Health, after_answer, must_open, open_seconds

TIMES = BreakerTimes()
MIDDLE = 0.5  # luck that neither lengthens nor shortens


@pytest.mark.parametrize(
    ("recent", "opens"),
    [
        ("", False),
        ("ffff", False),
        ("fffff", True),  # five in a row
        ("sffff", False),
        ("ffffsffff", False),  # never five in a row, and no whole window yet
        ("fffffs", False),  # the row has ended
        ("fs" * 10, False),  # half of the window is not more than half
        ("fs" * 9 + "ff", True),  # 11 of 20
        ("ffs" * 6, False),  # 12 failures, but only 18 answers
        ("ffs" * 6 + "sf", True),  # 13 of 20
    ],
)
def test_it_opens_after_a_row_of_failures_or_a_bad_window(recent: str, *, opens: bool) -> None:
    assert must_open(recent, TIMES) is opens


@pytest.mark.parametrize(
    ("openings", "luck", "seconds"),
    [
        (0, MIDDLE, 30),
        (1, MIDDLE, 60),
        (4, MIDDLE, 480),
        (5, MIDDLE, 600),  # 960 would be too long
        (10_000, MIDDLE, 600),
        (0, 0.0, 24),
        (0, 1.0, 36),
        (5, 1.0, 720),
    ],
)
def test_it_stays_open_twice_as_long_each_time(openings: int, luck: float, seconds: float) -> None:
    assert open_seconds(openings, TIMES, luck) == pytest.approx(seconds)


def answers(health: Health, text: str, now: float, *, probe: bool = False) -> Health:
    for letter in text:
        health = after_answer(health, TIMES, now, MIDDLE, ill=letter == "f", probe=probe)
    return health


OPEN = Health(openings=1, until=30.0)


@pytest.mark.parametrize(
    ("before", "now", "given", "probe", "after"),
    [
        (Health(), 0.0, "ffff", False, Health(recent="ffff")),
        (Health(), 0.0, "fffff", False, OPEN),
        (Health(), 0.0, "s" * 30, False, Health(recent="s" * 20)),
        (Health(recent="s" * 20), 0.0, "ff", False, Health(recent="s" * 18 + "ff")),
        # While it is open, answers to questions from before it opened say nothing new.
        (OPEN, 10.0, "sss", False, OPEN),
        (OPEN, 10.0, "fffff", False, OPEN),
        (OPEN, 10.0, "f", True, OPEN),
        # Half-open: only probes count.
        (OPEN, 30.0, "sssss", False, OPEN),
        (OPEN, 30.0, "fffff", False, OPEN),
        (OPEN, 30.0, "s", True, replace(OPEN, wins=1)),
        (OPEN, 30.0, "ss", True, replace(OPEN, wins=2)),
        (OPEN, 30.0, "sss", True, Health()),
        (OPEN, 100.0, "f", True, Health(openings=2, until=160.0)),
        (replace(OPEN, wins=2), 100.0, "f", True, Health(openings=2, until=160.0)),
        # A probe that answers when others have closed it counts like any answer.
        (Health(recent="s"), 100.0, "f", True, Health(recent="sf")),
    ],
)
def test_answers_move_it(before: Health, now: float, given: str, *, probe: bool, after: Health) -> None:
    assert answers(before, given, now, probe=probe) == after


def test_once_closed_it_opens_for_the_first_time_again() -> None:
    closed = answers(Health(openings=4, until=50.0), "sss", 60.0, probe=True)
    assert answers(closed, "fffff", 100.0) == Health(openings=1, until=130.0)
