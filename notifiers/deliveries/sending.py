"""Sends what has been decided: takes a delivery in hand, asks its channel once, and writes down what that came to.

Whoever dies in between leaves a lease that ends; the message is then sent again under the same id.
"""

import time
from typing import Any

import structlog
from sqlalchemy import Connection

from consistency.errors import BadRequest
from consistency.patience import patient
from notifiers.channels.channel import Outcome, Verdict
from notifiers.deliveries.beginning import Ready, begin, put_back
from notifiers.deliveries.claiming import Found, look
from notifiers.deliveries.finishing import Attempt, finish, without_secrets
from notifiers.deliveries.post import Post
from notifiers.deliveries.reporting import Report
from notifiers.deliveries.states import DeliveryState

log = structlog.get_logger(__name__)


def deliver(post: Post, delivery_id: str) -> dict[str, Any]:
    """Make one attempt to send a delivery that is due, and say in a small dict what became of it; see Report.

    BadRequest if there is no such delivery. One that is not due, or in other hands, is left as it is.
    """
    ready = _begin(post, delivery_id)
    if isinstance(ready, Ready) and (wait := granted(post, ready, post.patience)):
        ready = give_back(post, ready, wait)
    report = ready if isinstance(ready, Report) else _finish(post, ready, attempt(ready))
    return report.as_dict()


@patient
def _begin(post: Post, delivery_id: str) -> Ready | Report:
    with post.transaction() as connection:
        found = look(connection, delivery_id)
        if found is None:
            raise BadRequest(f"delivery_id: there is no delivery {delivery_id[:64]!r}")
        return take_in_hand(connection, post, found)


@patient
def give_back(post: Post, ready: Ready, wait: float) -> Report:
    """Let go of a delivery that the limits of its channel do not allow for so many seconds."""
    with post.transaction() as connection:
        return put_back(connection, ready, wait)


@patient
def _finish(post: Post, ready: Ready, done: Attempt) -> Report:
    with post.transaction() as connection:
        report = finish(connection, post.channels, ready, done)
    tell(post, report)
    return report


def take_in_hand(connection: Connection, post: Post, found: Found) -> Ready | Report:
    """The delivery in hand, or why it is not to be sent now."""
    return begin(connection, post.channels, found, post.lease_margin)


def granted(post: Post, ready: Ready, patience: float) -> float:
    """0.0 when the channel may be asked now, for which it waits; else after how many seconds to come back."""
    deadline = time.monotonic() + patience
    while wait := post.limiter.take(ready.channel):
        if wait > deadline - time.monotonic():
            return wait
        time.sleep(wait)
    return 0.0


def attempt(ready: Ready) -> Attempt:
    """Ask the channel once."""
    started = time.monotonic()
    claim = ready.claim
    try:
        verdict = ready.channel.send(ready.message, claim.now, claim.found.progress)
    except Exception as error:  # noqa: BLE001 - a channel may be the user's own; its error may quote a secret
        verdict = Verdict(Outcome.TRANSIENT, "error", f"the channel raised {type(error).__name__}")
    return Attempt(without_secrets(verdict), round(1000 * (time.monotonic() - started)))


def tell(post: Post, report: Report) -> None:
    """What became of it, in the log."""
    said = {key: value for key, value in report.as_dict().items() if key != "channel_turn"}
    # What was sent stands in the ledger; in the log it would bury what was not.
    told = log.debug if report.state is DeliveryState.SENT else log.warning
    told("delivery.attempt", worker=post.worker, **said)
    if report.turn is not None:
        told = log.error if report.turn.broken else log.info
        what = "channel.broken" if report.turn.broken else "channel.mended"
        told(what, channel=report.channel, reason=report.turn.reason)
