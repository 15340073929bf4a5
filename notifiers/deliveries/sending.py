"""Sends what has been decided: takes a delivery in hand, asks its channel once, and writes down what that came to.

Whoever dies in between leaves a lease that ends; the message is then sent again under the same id.
"""

import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog

from consistency.database import database_now, transaction
from consistency.errors import BadRequest
from consistency.patience import patient
from consistency.resources import Resources
from notifiers.channels.channel import Outcome, Verdict
from notifiers.deliveries.beginning import Ready, begin, put_back
from notifiers.deliveries.claiming import look
from notifiers.deliveries.finishing import Attempt, finish, without_secrets
from notifiers.deliveries.limits import Limiter
from notifiers.deliveries.outbox import Due, due_deliveries
from notifiers.deliveries.reporting import Report, Tally
from notifiers.deliveries.states import DeliveryState
from notifiers.deliveries.switchboard import Switchboard

log = structlog.get_logger(__name__)
_TOGETHER = 50


@dataclass(frozen=True)
class Post:
    """What a sender works with. It waits up to `patience` seconds for the limits of a channel.

    A delivery that it does not come back with is free again after the channel's timeout, `patience` and `margin`.
    """

    resources: Resources
    channels: Switchboard
    limiter: Limiter
    worker: str
    patience: float = 1.0
    margin: timedelta = timedelta(seconds=30)


def deliver(post: Post, delivery_id: str) -> dict[str, Any]:
    """Make one attempt to send a delivery that is due, and say in a small dict what became of it; see Report.

    BadRequest if there is no such delivery. One that is not due, or in other hands, is left as it is.
    """
    return _deliver(post, delivery_id, post.patience).as_dict()


def _deliver(post: Post, delivery_id: str, patience: float) -> Report:
    ready = _begin(post, delivery_id)
    if isinstance(ready, Report):
        return ready
    if wait := _granted(post.limiter, ready, patience):
        return _put_back(post, ready, wait)
    report = _finish(post, ready, _attempt(ready))
    _log(post, report)
    return report


@patient
def _begin(post: Post, delivery_id: str) -> Ready | Report:
    with transaction(post.resources.store) as connection:
        found = look(connection, delivery_id)
        if found is None:
            raise BadRequest(f"delivery_id: there is no delivery {delivery_id[:64]!r}")
        margin = post.margin + timedelta(seconds=post.patience)
        return begin(connection, post.channels, found, margin)


@patient
def _put_back(post: Post, ready: Ready, wait: float) -> Report:
    with transaction(post.resources.store) as connection:
        return put_back(connection, ready, wait)


@patient
def _finish(post: Post, ready: Ready, attempt: Attempt) -> Report:
    with transaction(post.resources.store) as connection:
        return finish(connection, post.channels, ready, attempt)


def _granted(limiter: Limiter, ready: Ready, patience: float) -> float:
    """0.0 when the channel may be asked now, for which it waits; else after how many seconds to come back."""
    deadline = time.monotonic() + patience
    while wait := limiter.take(ready.channel):
        if wait > deadline - time.monotonic():
            return wait
        time.sleep(wait)
    return 0.0


def _attempt(ready: Ready) -> Attempt:
    started = time.monotonic()
    claim = ready.claim
    try:
        verdict = ready.channel.send(ready.message, claim.now, claim.found.progress)
    except Exception as error:  # noqa: BLE001 - a channel may be the user's own; its error may quote a secret
        verdict = Verdict(Outcome.TRANSIENT, "error", f"the channel raised {type(error).__name__}")
    return Attempt(without_secrets(verdict), round(1000 * (time.monotonic() - started)))


def _log(post: Post, report: Report) -> None:
    said = {key: value for key, value in report.as_dict().items() if key != "channel_turn"}
    tell = log.info if report.state is DeliveryState.SENT else log.warning
    tell("delivery.attempt", worker=post.worker, **said)
    if report.turn is not None:
        tell = log.error if report.turn.broken else log.info
        what = "channel.broken" if report.turn.broken else "channel.mended"
        tell(what, channel=report.channel, reason=report.turn.reason)


def deliver_due(post: Post, limit: int, seconds: float = 20.0) -> dict[str, Any]:
    """Send what is due, oldest first, up to `limit` attempts or so many seconds; limited channels hold up no others.

    The dict counts deliveries by what became of them; `channel_turns` and `fallback_ids` are as of `deliver`.
    """
    deadline = time.monotonic() + seconds
    tally = Tally()
    while tally.looked_at < limit and time.monotonic() < deadline:
        due = _due(post, min(_TOGETHER, limit - tally.looked_at), tally.limited)
        for delivery in due:
            if delivery.channel not in tally.limited:
                tally.add(_deliver(post, delivery.id, 0.0))
        if not due and not _waited(tally.limited, post.patience):
            break
    return tally.as_dict()


def _waited(limited: dict[str, float], patience: float) -> bool:
    """Whether the first of the channels that were held back by their limits may be asked again soon, and now is."""
    if not limited:
        return False
    channel = min(limited, key=lambda name: limited[name])
    wait = limited.pop(channel) - time.monotonic()
    if wait > patience:
        return False
    time.sleep(max(0.0, wait))
    return True


def _due(post: Post, limit: int, limited: Collection[str]) -> list[Due]:
    with transaction(post.resources.store.execution_options(readonly=True)) as connection:
        return due_deliveries(connection, database_now(connection), limit, limited)
