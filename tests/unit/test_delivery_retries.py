"""What follows an attempt, as a table; and that no luck breaks the bounds of a wait."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.channels.channel import CHAT_RETRIES, WEBHOOK_RETRIES, Outcome, Verdict
from notifiers.deliveries.retries import LONGEST_WISH, what_follows
from notifiers.deliveries.states import DeliveryState

QUEUED, SENT, DEAD = DeliveryState.QUEUED, DeliveryState.SENT, DeliveryState.DEAD
#: Neither early nor late for an ordinary wait; at the upper half for one that is only ever lengthened.
MIDDLE = 0.5


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


#: Outcome, attempt, unknown before, what else the verdict says; the state and the seconds that follow.
CASES: list[tuple[Outcome, int, int, dict[str, Any], DeliveryState, float]] = [
    (Outcome.OK, 1, 0, {}, SENT, 0),
    (Outcome.OK, 7, 2, {}, SENT, 0),
    # The schedule of a chat, from its first to its last wait; after that nobody tries again.
    (Outcome.TRANSIENT, 1, 0, {}, QUEUED, 5),
    (Outcome.TRANSIENT, 2, 0, {}, QUEUED, 15),
    (Outcome.TRANSIENT, 6, 0, {}, QUEUED, 1800),
    (Outcome.TRANSIENT, 7, 0, {}, DEAD, 0),
    # Whoever says how long gets at least that, up to an hour.
    (Outcome.TRANSIENT, 1, 0, {"wait": seconds(90)}, QUEUED, 90),
    (Outcome.TRANSIENT, 3, 0, {"wait": seconds(2)}, QUEUED, 60),
    (Outcome.TRANSIENT, 1, 0, {"wait": timedelta(days=30)}, QUEUED, 3600),
    # Too many calls: a tenth more with the luck of the middle, never less.
    (Outcome.RATE_LIMITED, 1, 0, {}, QUEUED, 5.5),
    (Outcome.RATE_LIMITED, 1, 0, {"wait": seconds(30)}, QUEUED, 33),
    (Outcome.RATE_LIMITED, 1, 0, {"pause": seconds(600)}, QUEUED, 660),
    (Outcome.RATE_LIMITED, 7, 0, {"wait": seconds(30)}, DEAD, 0),
    # Some things do not get better by waiting.
    (Outcome.PERMANENT_MESSAGE, 1, 0, {}, DEAD, 0),
    (Outcome.PERMANENT_CHANNEL, 1, 0, {}, DEAD, 0),
    # A code that nobody knows is taken three times, whatever came in between.
    (Outcome.UNKNOWN, 1, 0, {}, QUEUED, 5),
    (Outcome.UNKNOWN, 4, 1, {}, QUEUED, 300),
    (Outcome.UNKNOWN, 3, 2, {}, DEAD, 0),
    (Outcome.UNKNOWN, 5, 2, {}, DEAD, 0),
]


@pytest.mark.parametrize(("outcome", "attempt", "unknown", "says", "state", "wait"), CASES)
def test_what_follows_an_attempt(
    outcome: Outcome, attempt: int, unknown: int, says: dict[str, Any], state: DeliveryState, wait: float
) -> None:
    follows = what_follows(Verdict(outcome, **says), attempt, unknown, CHAT_RETRIES, MIDDLE)
    assert follows.state is state
    assert follows.wait.total_seconds() == pytest.approx(wait)
    assert (follows.because is not None) == (state is DEAD)


def test_a_webhooks_own_schedule_is_longer_than_what_an_answer_may_ask_for() -> None:
    follows = what_follows(Verdict(Outcome.TRANSIENT, wait=timedelta(days=3)), 6, 0, WEBHOOK_RETRIES, MIDDLE)
    assert follows.wait == timedelta(hours=10)


@pytest.mark.parametrize(
    ("verdict", "attempt", "because"),
    [
        (Verdict(Outcome.TRANSIENT, "503", "busy"), 7, "given up after 7 attempts; 503: busy"),
        (Verdict(Outcome.PERMANENT_MESSAGE, "9499"), 1, "the channel refuses this message; 9499"),
        (Verdict(Outcome.PERMANENT_CHANNEL), 1, "the channel takes nothing until it is mended"),
    ],
)
def test_a_dead_message_says_why(verdict: Verdict, attempt: int, because: str) -> None:
    assert what_follows(verdict, attempt, 0, CHAT_RETRIES, MIDDLE).because == because


spans = st.none() | st.timedeltas(timedelta(0), timedelta(days=3))


@given(
    st.sampled_from([Outcome.TRANSIENT, Outcome.RATE_LIMITED, Outcome.UNKNOWN]),
    st.integers(1, 6),
    spans,
    spans,
    st.floats(0, 1),
)
def test_a_wait_is_about_its_base_and_never_below_a_wish(
    outcome: Outcome, attempt: int, wait: timedelta | None, pause: timedelta | None, luck: float
) -> None:
    base = CHAT_RETRIES[attempt - 1]
    wish = min(max(wait or timedelta(0), pause or timedelta(0)), LONGEST_WISH)
    waited = what_follows(Verdict(outcome, wait=wait, pause=pause), attempt, 0, CHAT_RETRIES, luck).wait
    least = base if outcome is Outcome.RATE_LIMITED else base * 0.8
    assert max(least, wish) <= waited <= max(base, wish) * 1.2
