"""Who was told of an alert, and what became of each message."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from consistency.ledger.delivery_tables import deliveries, group_members
from consistency.model import utc_text
from notifiers.deliveries.dead import attempts_of
from notifiers.deliveries.outbox import Delivery, as_delivery
from notifiers.deliveries.states import DeliveryState

#: So many of the latest messages of the alert's groups are looked through; the others are history.
_LOOKED_AT = 200
_groups = select(group_members.c.group_key).where(group_members.c.alert_id == bindparam("its_id"))
_OF_ALERT = (
    select(deliveries)
    .where(deliveries.c.group_key.in_(_groups))
    .order_by(deliveries.c.created_at.desc(), deliveries.c.id)
    .limit(_LOOKED_AT)
)

Record = dict[str, Any]


def deliveries_of(connection: Connection, alert_id: str, limit: int = 50) -> list[Record]:
    """The latest messages that told this alert, newest first, each with why it did not arrive."""
    return [_record(connection, each) for each in _telling(connection, alert_id)[:limit]]


def channels_told(connection: Connection, alert_id: str) -> list[Record]:
    """What became of the latest message to each channel: `[{"channel": "feishu", "state": "sent", "why": …}]`."""
    latest: dict[str, Delivery] = {}
    for each in _telling(connection, alert_id):
        latest.setdefault(each.channel, each)
    return [_record(connection, latest[name]) for name in sorted(latest)]


def _telling(connection: Connection, alert_id: str) -> Sequence[Delivery]:
    found = map(as_delivery, connection.execute(_OF_ALERT, {"its_id": alert_id}))
    return [each for each in found if any(alert.id == alert_id for alert in each.message.alerts)]


def _record(connection: Connection, delivery: Delivery) -> Record:
    return {
        "id": delivery.id,
        "channel": delivery.channel,
        "state": str(delivery.state),
        "reason": delivery.reason,
        "level": str(delivery.level),
        "created_at": utc_text(delivery.created_at),
        "finished_at": _text(delivery.finished_at),
        "next_at": utc_text(delivery.next_at) if delivery.finished_at is None else None,
        "attempts": delivery.attempts,
        "why": _why(connection, delivery),
        "instead_of": delivery.message.instead_of or None,
    }


def _why(connection: Connection, delivery: Delivery) -> str | None:
    """Why it has not arrived; None where it has, or where nobody has tried yet."""
    if delivery.state is DeliveryState.SENT:
        return None
    if delivery.ended_because:
        return delivery.ended_because
    attempts = attempts_of(connection, delivery.id) if delivery.attempts else []
    return f"{attempts[-1].code} {attempts[-1].detail}".strip() if attempts else None


def _text(moment: datetime | None) -> str | None:
    return utc_text(moment) if moment else None
