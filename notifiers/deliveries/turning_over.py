"""The usual case in one statement: what was sent is written down, and the next delivery is taken in hand.

Nearly every attempt ends so, and as a transaction by itself that takes one round trip in place of four.
"""

from sqlalchemy import bindparam, func, literal_column, select

from consistency.ledger.delivery_tables import deliveries, delivery_attempts
from notifiers.deliveries.beginning import Ready, Take, told
from notifiers.deliveries.claiming import Claim, as_found
from notifiers.deliveries.finishing import Attempt, kept_of, report_of
from notifiers.deliveries.post import Post
from notifiers.deliveries.reporting import Report
from notifiers.deliveries.settling import SENT
from notifiers.deliveries.states import DeliveryState

_settled = SENT.returning(delivery_attempts.c.id).cte("settled")
_taken = (
    as_found("next")
    .where(deliveries.c.lease_token.is_not_distinct_from(bindparam("lost_token")))
    .values(
        state=literal_column(f"'{DeliveryState.SENDING}'"),
        lease_token=bindparam("next_token"),
        lease_until=bindparam("next_until"),
        next_at=bindparam("next_until"),
        attempts=deliveries.c.attempts + 1,
    )
    .returning(deliveries.c.id)
    .cte("taken")
)
_TURN_OVER = select(*(select(func.count()).select_from(part).scalar_subquery() for part in (_settled, _taken)))


def turn_over(post: Post, ready: Ready, attempt: Attempt, intent: Take) -> tuple[Report, Ready | Report]:
    """What became of a delivery that was plainly sent, and the next one in hand, or why that is not to be sent now.

    Each of the two is as if done by itself: whoever has lost the one may still take the other.
    """
    sent, found = ready.claim, intent.found
    claim = Claim.of(found)
    given = {
        "its_id": sent.found.id,
        "its_token": sent.token,
        **kept_of(ready, attempt),
        "next_id": found.id,
        "next_token": claim.token,
        "next_until": found.now + intent.lease,
        "next_state": found.state,
        "next_attempts": found.attempts,
        "next_now": found.now,
        "lost_token": found.lease_token,
    }
    with post.at_once() as connection:
        settled, taken = connection.execute(_TURN_OVER, given).one()
    state = DeliveryState.SENT if settled else DeliveryState.SENDING
    report = report_of(ready, attempt.verdict, state)
    return report, intent.ready(claim) if taken else told(found, DeliveryState.SENDING)
