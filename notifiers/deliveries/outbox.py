"""Messages on their way: written with the decision to tell, so that what was decided is sent and nothing else."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from consistency.ledger.delivery_tables import deliveries
from consistency.model import Level
from notifiers.deliveries.states import OPEN, DeliveryState
from notifiers.messages.crowds import gravest_of
from notifiers.messages.message import Message

#: The reason of a delivery that a person has sent again: nothing supersedes it.
REDELIVERED = "redelivered"


@dataclass(frozen=True)
class Delivery:
    """One message to one channel. `next_at` is the next attempt, or while it is being sent the end of the lease."""

    id: str
    group_key: str
    channel: str
    seq: int
    reason: str
    level: Level
    state: DeliveryState
    message: Message
    attempts: int
    next_at: datetime
    created_at: datetime
    finished_at: datetime | None
    ended_because: str | None
    fallback_of: str | None


def enqueue(
    connection: Connection,
    message: Message,
    channel: str,
    group_key: str,
    seq: int,
    reason: str,
    supersedes: bool,  # noqa: FBT001 - a property of the channel, handed on
    now: datetime,
    fallback_of: str | None = None,
) -> str:
    """Add a message in the transaction that decides it, and return the id of the delivery, which is the message's.

    With `supersedes` it takes the place of older messages of its group that still wait, and tells their notices.
    """
    if supersedes:
        message = _in_place_of_older(connection, message, channel, group_key, seq, now)
    values = {
        "id": message.id,
        "group_key": group_key,
        "channel": channel,
        "seq": seq,
        "reason": reason,
        "level": message.level,
        "state": DeliveryState.QUEUED,
        "message": message.model_dump_json(),
        "attempts": 0,
        "next_at": now,
        "created_at": now,
        "fallback_of": fallback_of,
    }
    connection.execute(insert(deliveries).values(values))
    return message.id


def _in_place_of_older(
    connection: Connection, message: Message, channel: str, group_key: str, seq: int, now: datetime
) -> Message:
    of_group = (deliveries.c.group_key == group_key) & (deliveries.c.channel == channel) & (deliveries.c.seq < seq)
    waiting = (deliveries.c.state == DeliveryState.QUEUED) & (deliveries.c.reason != REDELIVERED)
    why = f"superseded by {message.id}"
    ending = {"state": DeliveryState.SUPERSEDED, "finished_at": now, "ended_because": why}
    if not connection.execute(update(deliveries).where(of_group, waiting).values(ending)).rowcount:
        return message
    ended = select(deliveries.c.message).where(of_group, deliveries.c.ended_because == why).order_by(deliveries.c.seq)
    return _with_what_only_older_tell(
        message, [Message.model_validate_json(text) for text in connection.scalars(ended)]
    )


def _with_what_only_older_tell(message: Message, older: list[Message]) -> Message:
    """How things stand now tells neither what happened once nor what was over before, so both are carried over."""
    notices, dropped = gravest_of([notice for each in (*older, message) for notice in each.notices])
    left_out = dropped + sum(each.left_out for each in (*older, message))
    told = {alert.fingerprint for alert in message.alerts}
    over = {alert.fingerprint: alert for each in older for alert in each.resolved if alert.fingerprint not in told}
    level = max([message.level, *(notice.level for notice in notices)], key=list(Level).index)
    events = {"notices": tuple(notices), "left_out": left_out}
    return message.model_copy(update={**events, "alerts": (*message.alerts, *over.values()), "level": level})


def due_deliveries(connection: Connection, now: datetime, limit: int) -> list[str]:
    """The ids of what should be sent now, longest due first."""
    due = deliveries.c.state.in_(sorted(OPEN)) & (deliveries.c.next_at <= now)
    ordered = (
        select(deliveries.c.id).where(due).order_by(deliveries.c.next_at, deliveries.c.created_at, deliveries.c.id)
    )
    return list(connection.scalars(ordered.limit(limit)))


def find_delivery(connection: Connection, delivery_id: str) -> Delivery | None:
    """The delivery of that id."""
    row = connection.execute(select(deliveries).where(deliveries.c.id == delivery_id)).first()
    return as_delivery(row) if row else None


def as_delivery(row: Row[Any]) -> Delivery:
    """A row of the table, taken apart."""
    return Delivery(
        id=row.id,
        group_key=row.group_key,
        channel=row.channel,
        seq=row.seq,
        reason=row.reason,
        level=Level(row.level),
        state=DeliveryState(row.state),
        message=Message.model_validate_json(row.message),
        attempts=row.attempts,
        next_at=row.next_at,
        created_at=row.created_at,
        finished_at=row.finished_at,
        ended_because=row.ended_because,
        fallback_of=row.fallback_of,
    )
