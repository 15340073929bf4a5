"""The second of a sender's two transactions: writes down what an attempt came to, for message and channel."""

import random
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from consistency.ledger.delivery_tables import delivery_attempts
from consistency.masking import mask_text
from notifiers.channels.channel import Outcome, Verdict
from notifiers.deliveries import breakers
from notifiers.deliveries.beginning import Ready
from notifiers.deliveries.claiming import Found
from notifiers.deliveries.reporting import Report
from notifiers.deliveries.retries import Next, what_follows
from notifiers.deliveries.settling import settle
from notifiers.deliveries.standing_in import hurry, stand_in
from notifiers.deliveries.states import DeliveryState
from notifiers.deliveries.switchboard import Switchboard

LONGEST_REPLY = 2048
_DETAIL, _CODE = 500, 64


@dataclass(frozen=True)
class Attempt:
    """One attempt: what it came to, without secrets, and how long it took."""

    verdict: Verdict
    milliseconds: int


def finish(connection: Connection, switchboard: Switchboard, ready: Ready, attempt: Attempt) -> Report:
    """Write down an attempt; nothing is changed if the lease ended meanwhile and somebody else has the delivery."""
    claim, verdict = ready.claim, attempt.verdict
    unknown = _unknown_before(connection, claim.found) if verdict.outcome is Outcome.UNKNOWN else 0
    follows = what_follows(verdict, claim.attempt, unknown, ready.channel.retries, random.random())
    if not settle(connection, claim, follows.state, _values(ready, verdict, follows), kept_of(ready, attempt)):
        return report_of(ready, verdict, DeliveryState.SENDING)
    return _about_the_channel(connection, switchboard, ready, verdict, follows)


def is_plain(ready: Ready, verdict: Verdict) -> bool:
    """Whether it was sent, and there is nothing else to write down: not of the message, and not of its channel."""
    unchanged = verdict.progress is None and verdict.pause is None
    return verdict.outcome is Outcome.OK and unchanged and not ready.probe and not ready.claim.found.health.failures


def _values(ready: Ready, verdict: Verdict, follows: Next) -> dict[str, Any]:
    """What the delivery holds from now on beside its state; nothing for one that was simply sent."""
    found = ready.claim.found
    if follows.state is DeliveryState.QUEUED:
        progress = found.progress if verdict.progress is None else verdict.progress
        return {"next_at": found.now + follows.wait, "progress": progress}
    values = {} if verdict.progress is None else {"progress": verdict.progress}
    return values if follows.because is None else {**values, "ended_because": follows.because[:_DETAIL]}


def kept_of(ready: Ready, attempt: Attempt) -> dict[str, Any]:
    """The row of the attempt."""
    verdict, claim = attempt.verdict, ready.claim
    return {
        "no": claim.attempt,
        "at": claim.found.now,
        "outcome": verdict.outcome,
        "code": verdict.code,
        "detail": verdict.detail,
        "reply": verdict.reply,
        "milliseconds": attempt.milliseconds,
    }


def _about_the_channel(
    connection: Connection, switchboard: Switchboard, ready: Ready, verdict: Verdict, follows: Next
) -> Report:
    found, now = ready.claim.found, ready.claim.now
    turn = breakers.note(connection, found.channel, found.health, verdict, now, probe=ready.probe)
    fallback_id = None
    if turn is not None:
        hurry(connection, found.channel, now)
    if (turn is not None and turn.broken) or _is_left_to_others(verdict, follows):
        fallback_id = stand_in(connection, switchboard, found, ready.message, now)
    return report_of(ready, verdict, follows.state, turn, fallback_id)


def _is_left_to_others(verdict: Verdict, follows: Next) -> bool:
    """Whether a broken channel has cost this very message."""
    return follows.state is DeliveryState.DEAD and verdict.outcome in breakers.ILL


def _unknown_before(connection: Connection, found: Found) -> int:
    """How many attempts ended so since the message was made, or was sent again by a person."""
    mine = (delivery_attempts.c.delivery_id == found.id) & (delivery_attempts.c.outcome == Outcome.UNKNOWN)
    mine &= delivery_attempts.c.at >= found.created_at
    return connection.scalar(select(func.count()).select_from(delivery_attempts).where(mine)) or 0


def without_secrets(verdict: Verdict) -> Verdict:
    """The verdict as it may be kept: masked, and no longer than its columns."""
    return Verdict(
        verdict.outcome,
        mask_text(verdict.code)[:_CODE],
        mask_text(verdict.detail)[:_DETAIL],
        verdict.wait,
        verdict.pause,
        mask_text(verdict.reply).encode()[:LONGEST_REPLY].decode(errors="ignore").replace("\x00", ""),
        verdict.progress,
    )


def report_of(
    ready: Ready,
    verdict: Verdict,
    state: DeliveryState,
    turn: breakers.Turn | None = None,
    fallback_id: str | None = None,
) -> Report:
    """What is said of a delivery after an attempt."""
    claim = ready.claim
    return Report(
        claim.found.id,
        claim.found.channel,
        state,
        claim.attempt,
        str(verdict.outcome),
        verdict.code,
        turn=turn,
        fallback_id=fallback_id,
    )
