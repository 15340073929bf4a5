"""What has become of a delivery and the attempt that it took are written together, or not at all."""

from typing import Any

from sqlalchemy import Connection, bindparam, insert, literal_column, select, update

from consistency.ledger.delivery_tables import deliveries, delivery_attempts
from notifiers.deliveries.claiming import Claim, let_go
from notifiers.deliveries.states import DeliveryState

Values = dict[str, Any]

_ADD_ATTEMPT = insert(delivery_attempts)
_KEPT = ("no", "at", "outcome", "code", "detail", "reply", "milliseconds")
# One statement in place of two for what nearly every message comes to, where the database can do that.
_mine = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("its_id"), deliveries.c.lease_token == bindparam("its_token"))
    .values(
        state=literal_column(f"'{DeliveryState.SENT}'"), lease_token=None, lease_until=None, finished_at=bindparam("at")
    )
    .returning(deliveries.c.id)
    .cte("mine")
)
#: Takes `its_id`, `its_token` and the attempt.
SENT = insert(delivery_attempts).from_select(
    ["delivery_id", *_KEPT],
    select(_mine.c.id, *(bindparam(name, type_=delivery_attempts.c[name].type) for name in _KEPT)),
)
_SENT = SENT.execution_options(preserve_rowcount=True)


def settle(connection: Connection, claim: Claim, state: DeliveryState, values: Values, attempt: Values) -> bool:
    """Put the delivery down with its attempt; False, and nothing changes, if it was taken away meanwhile."""
    plainly_sent = state is DeliveryState.SENT and not values
    if plainly_sent and connection.dialect.name == "postgresql":
        named = {"its_id": claim.found.id, "its_token": claim.token}
        return connection.execute(_SENT, named | attempt).rowcount == 1
    ended = {} if state is DeliveryState.QUEUED else {"finished_at": attempt["at"]}
    if not let_go(connection, claim, state, **ended, **values):
        return False
    connection.execute(_ADD_ATTEMPT, {"delivery_id": claim.found.id, **attempt})
    return True
