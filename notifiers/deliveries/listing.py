"""The latest messages, for people who want to know what became of them."""

from sqlalchemy import Connection, select

from consistency.ledger.delivery_tables import deliveries
from notifiers.deliveries.outbox import Delivery, as_delivery
from notifiers.deliveries.states import DeliveryState


def latest_deliveries(
    connection: Connection, channel: str | None = None, state: DeliveryState | None = None, limit: int = 20
) -> list[Delivery]:
    """Newest first, perhaps only those to one channel or in one state."""
    chosen = select(deliveries)
    if channel is not None:
        chosen = chosen.where(deliveries.c.channel == channel)
    if state is not None:
        chosen = chosen.where(deliveries.c.state == state)
    newest = chosen.order_by(deliveries.c.created_at.desc(), deliveries.c.id).limit(limit)
    return [as_delivery(row) for row in connection.execute(newest)]
