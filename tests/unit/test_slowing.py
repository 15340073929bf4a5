from dataclasses import astuple

import pytest

from compensation.limits.slowing import Slowing, SlowingTimes, held, refused, share_now

TIMES = SlowingTimes()


@pytest.mark.parametrize(
    ("slowing", "now", "share"),
    [
        (Slowing(), 1000.0, 1.0),
        (Slowing(0.5, since=1000.0), 1000.0, 0.5),
        (Slowing(0.5, since=1000.0), 1015.0, 0.525),
        (Slowing(0.5, since=1000.0), 1030.0, 0.55),
        (Slowing(0.5, since=1000.0), 1300.0, 1.0),
        (Slowing(0.5, since=1000.0), 9999.0, 1.0),
        (Slowing(0.5, since=1000.0), 900.0, 0.5),  # a server's clock that was set back
    ],
)
def test_the_rate_comes_back_step_by_step(slowing: Slowing, now: float, share: float) -> None:
    assert share_now(slowing, TIMES, now) == pytest.approx(share)


@pytest.mark.parametrize(
    ("before", "now", "after"),
    [
        (Slowing(), 1000.0, Slowing(0.5, 1000.0)),
        (Slowing(0.5, 1000.0), 1030.0, Slowing(0.275, 1030.0)),  # half of what had come back
        (Slowing(0.5, 1000.0), 1000.5, Slowing(0.5, 1000.0)),  # refused together with the first
        (Slowing(0.06, 1000.0), 1001.0, Slowing(0.05, 1001.0)),  # never nothing at all
        (Slowing(0.5, 900.0, 1020.0), 1000.0, Slowing(1 / 3, 1000.0, 1020.0)),
    ],
)
def test_a_refusal_halves_the_rate_once(before: Slowing, now: float, after: Slowing) -> None:
    assert astuple(refused(before, TIMES, now)) == pytest.approx(astuple(after))


@pytest.mark.parametrize(
    ("before", "seconds", "until"),
    [
        (Slowing(), 20.0, 1020.0),
        (Slowing(hold_until=1010.0), 20.0, 1020.0),
        (Slowing(hold_until=1030.0), 20.0, 1030.0),  # the longer hold stays
        (Slowing(), 1e9, 87_400.0),  # nobody waits for years
        (Slowing(), -5.0, 1000.0),
    ],
)
def test_a_hold_lasts_as_long_as_was_asked(before: Slowing, seconds: float, until: float) -> None:
    assert held(before, TIMES, 1000.0, seconds) == Slowing(hold_until=until)
