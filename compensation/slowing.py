"""How far below its ceiling a rate is after a provider has refused calls, and how it comes back. Plain Python."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SlowingTimes:
    """The numbers of slowing down; durations in seconds."""

    factor: float = 0.5
    least: float = 0.05
    step: float = 0.05
    every: float = 30.0
    one_event: float = 1.0
    longest_hold: float = 86_400.0


@dataclass(frozen=True, slots=True)
class Slowing:
    """The share of the ceiling that was left at the moment `since`, and until when nobody may ask at all."""

    share: float = 1.0
    since: float = 0.0
    hold_until: float = 0.0


def share_now(slowing: Slowing, times: SlowingTimes, now: float) -> float:
    """The share of the ceiling that may be used: it grows by a step in each period until it is whole again."""
    return min(1.0, slowing.share + times.step * max(0.0, now - slowing.since) / times.every)


def refused(slowing: Slowing, times: SlowingTimes, now: float, retry_after: float = 0.0) -> Slowing:
    """After a refused call, which may have said for how many seconds to leave it alone.

    Calls that were under way together are refused together, so within `one_event` only the first slows down.
    """
    share, since = slowing.share, slowing.since
    if now - since >= times.one_event:
        share, since = max(times.least, times.factor * share_now(slowing, times, now)), now
    hold = min(max(0.0, retry_after), times.longest_hold)
    return Slowing(share, since, max(slowing.hold_until, now + hold))
