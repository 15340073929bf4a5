"""What follows an attempt: when the message is tried again, and when it is given up. Plain Python."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from notifiers.channels.channel import Outcome, Verdict
from notifiers.deliveries.states import DeliveryState

JITTER = 0.2
#: Nobody who answers may hold a message back for longer.
LONGEST_WISH = timedelta(hours=1)
#: How often an answer that nobody knows is taken before the message is given up.
UNKNOWN_TRIES = 3


@dataclass(frozen=True, slots=True)
class Next:
    """The state that follows, after how long it is tried again, and why it is dead."""

    state: DeliveryState
    wait: timedelta = timedelta(0)
    because: str | None = None


def what_follows(
    verdict: Verdict, attempt: int, unknown_before: int, retries: Sequence[timedelta], luck: float
) -> Next:
    """What becomes of a message after attempt number `attempt` (1 is the first).

    `unknown_before` counts its earlier attempts that ended in an unknown code; `luck` from 0 to 1 spreads the waits.
    """
    if verdict.outcome is Outcome.OK:
        return Next(DeliveryState.SENT)
    if verdict.outcome is Outcome.PERMANENT_MESSAGE:
        return _dead("the channel refuses this message", verdict)
    if verdict.outcome is Outcome.PERMANENT_CHANNEL:
        return _dead("the channel takes nothing until it is mended", verdict)
    if verdict.outcome is Outcome.UNKNOWN and unknown_before + 1 >= UNKNOWN_TRIES:
        return _dead(f"answered {UNKNOWN_TRIES} times with a code that is not known", verdict)
    if attempt > len(retries):
        return _dead(f"given up after {attempt} attempts", verdict)
    return Next(DeliveryState.QUEUED, wait_after(verdict, retries[attempt - 1], luck))


def wait_after(verdict: Verdict, base: timedelta, luck: float) -> timedelta:
    """How long to wait: about `base`, and at least what was asked for, up to an hour. Too many calls are never sooner.

    The wish of a provider that has seen too many calls is spread as well, so that not all come back at once.
    """
    wish = min(max(verdict.wait or timedelta(0), verdict.pause or timedelta(0)), LONGEST_WISH)
    if verdict.outcome is Outcome.RATE_LIMITED:
        return max(base, wish) * (1 + JITTER * luck)
    return max(base * (1 + JITTER * (2 * luck - 1)), wish)


def _dead(why: str, verdict: Verdict) -> Next:
    said = ": ".join(part for part in (verdict.code, verdict.detail) if part)
    return Next(DeliveryState.DEAD, because=f"{why}; {said}" if said else why)
