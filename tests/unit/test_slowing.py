import pytest

from compensation.slowing import Slowing, SlowingTimes, refused, share_now

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
    ("before", "now", "retry_after", "after"),
    [
        (Slowing(), 1000.0, 0.0, Slowing(0.5, 1000.0, 1000.0)),
        (Slowing(0.5, 1000.0), 1030.0, 0.0, Slowing(0.275, 1030.0, 1030.0)),  # half of what had come back
        (Slowing(0.5, 1000.0), 1000.5, 0.0, Slowing(0.5, 1000.0, 1000.5)),  # refused together with the first
        (Slowing(0.06, 1000.0), 1001.0, 0.0, Slowing(0.05, 1001.0, 1001.0)),  # never nothing at all
        (Slowing(), 1000.0, 20.0, Slowing(0.5, 1000.0, 1020.0)),
        (Slowing(0.5, 1000.0, 1020.0), 1000.1, 5.0, Slowing(0.5, 1000.0, 1020.0)),  # the longer hold stays
        (Slowing(), 1000.0, 1e9, Slowing(0.5, 1000.0, 87_400.0)),  # nobody waits for years
        (Slowing(), 1000.0, -5.0, Slowing(0.5, 1000.0, 1000.0)),
    ],
)
def test_a_refusal_halves_the_rate_once(before: Slowing, now: float, retry_after: float, after: Slowing) -> None:
    found = refused(before, TIMES, now, retry_after)
    assert (found.share, found.since, found.hold_until) == pytest.approx((after.share, after.since, after.hold_until))
