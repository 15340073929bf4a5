"""While a channel is broken, its messages go once through the one that stands in for it."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from consistency.errors import BadRequest
from consistency.ledger.delivery_tables import deliveries
from notifiers.deliveries.claiming import Found
from notifiers.deliveries.outbox import enqueue
from notifiers.deliveries.states import DeliveryState
from notifiers.deliveries.switchboard import Switchboard, channel_of
from notifiers.messages.message import Message

#: How long a message waits for a broken channel before another one stands in.
PATIENCE = timedelta(minutes=1)
REASON = "fallback"
_CHUNK = 500


def may_stand_in(found: Found) -> bool:
    """Whether nobody was asked to stand in yet; whoever stands in is not stood in for."""
    return found.fallback_at is None and found.fallback_of is None


def fallback_of(switchboard: Switchboard, channel: str) -> str:
    """The channel that stands in for this one, or nothing."""
    try:
        fallback = switchboard.settings_of(channel).fallback
        if fallback:
            switchboard.settings_of(fallback)
    except BadRequest:
        return ""
    return fallback


def stand_in(
    connection: Connection, switchboard: Switchboard, found: Found, message: Message, now: datetime
) -> str | None:
    """Queue the message for the fallback of its channel, and return its id; None if there is none or it was done."""
    fallback = fallback_of(switchboard, found.channel)
    if not fallback or not may_stand_in(found):
        return None
    undecided = (deliveries.c.id == found.id) & deliveries.c.fallback_at.is_(None)
    if connection.execute(update(deliveries).where(undecided).values(fallback_at=now)).rowcount != 1:
        return None
    group_key = _free_group(connection, found, message, fallback)
    if group_key is None:
        return None
    instead = {"id": _id(found.id, fallback), "reason": REASON, "instead_of": found.channel}
    supersedes = channel_of(switchboard, fallback).supersedes
    message = message.model_copy(update=instead)
    return enqueue(connection, message, fallback, group_key, found.seq, REASON, supersedes, now, fallback_of=found.id)


def hurry(connection: Connection, channel: str, now: datetime) -> None:
    """Look at every waiting message of a channel again, because it broke or was mended.

    What somebody has locked is being looked at; to wait for it could be to wait for each other.
    """
    waiting = (deliveries.c.channel == channel) & (deliveries.c.state == DeliveryState.QUEUED)
    chosen = select(deliveries.c.id).where(waiting, deliveries.c.next_at > now).with_for_update(skip_locked=True)
    ids = list(connection.scalars(chosen))
    for first in range(0, len(ids), _CHUNK):
        these = deliveries.c.id.in_(ids[first : first + _CHUNK])
        connection.execute(update(deliveries).where(these).values(next_at=now))


def _free_group(connection: Connection, found: Found, message: Message, fallback: str) -> str | None:
    """The group to queue it in: a group of its own beside another message of the same flush, none beside the same."""
    beside = (deliveries.c.group_key == found.group_key) & (deliveries.c.seq == found.seq)
    chosen = select(deliveries.c.message, deliveries.c.state).where(beside, deliveries.c.channel == fallback)
    row = connection.execute(chosen).first()
    if row is None:
        return found.group_key
    other = Message.model_validate_json(row.message)
    same = (other.alerts, other.notices) == (message.alerts, message.notices)
    if same and row.state != DeliveryState.DEAD:
        return None
    return _hash(f"{found.group_key}|{found.channel}")


def _id(delivery_id: str, fallback: str) -> str:
    return f"msg_{_hash(f'{delivery_id}|{fallback}')}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
