"""How far below its ceiling a rate is after a provider has refused calls, and how it comes back. Plain Python."""

from dataclasses import dataclass, replace


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


def refused(slowing: Slowing, times: SlowingTimes, now: float) -> Slowing:
    """After a refused call. Calls under way together are refused together: within `one_event` only one slows down."""
    if now - slowing.since < times.one_event:
        return slowing
    return replace(slowing, share=max(times.least, times.factor * share_now(slowing, times, now)), since=now)


def held(slowing: Slowing, times: SlowingTimes, now: float, seconds: float) -> Slowing:
    """After the provider has said for how many seconds to leave it alone; the longest such wish counts."""
    until = now + min(max(0.0, seconds), times.longest_hold)
    return replace(slowing, hold_until=max(slowing.hold_until, until))
