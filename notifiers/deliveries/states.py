"""The states of a delivery, and what may follow what."""

from collections.abc import Mapping
from enum import StrEnum


class DeliveryState(StrEnum):
    """Where one message to one channel stands."""

    QUEUED = "queued"  # waits for its next attempt
    SENDING = "sending"  # in the hands of a sender, whose lease ends
    SENT = "sent"  # the channel has taken it
    DEAD = "dead"  # given up; a person can have it sent again
    SUPERSEDED = "superseded"  # a newer message of its group says more


#: What may follow each state, and why.
FOLLOWS: Mapping[DeliveryState, frozenset[DeliveryState]] = {
    DeliveryState.QUEUED: frozenset(
        {
            DeliveryState.SENDING,  # a sender claims it
            DeliveryState.DEAD,  # its channel is gone, or it waited too long
            DeliveryState.SUPERSEDED,  # a newer one came before it was sent
        }
    ),
    DeliveryState.SENDING: frozenset(
        {
            DeliveryState.QUEUED,  # it is tried again, or was not tried because of a limit
            DeliveryState.SENT,
            DeliveryState.DEAD,
            DeliveryState.SUPERSEDED,  # its sender was lost, and a newer one came meanwhile
        }
    ),
    DeliveryState.DEAD: frozenset({DeliveryState.QUEUED}),  # a person has it sent again
    DeliveryState.SENT: frozenset(),
    DeliveryState.SUPERSEDED: frozenset(),
}

#: Somebody still has to do something about these; their `next_at` says from when on.
OPEN = frozenset({DeliveryState.QUEUED, DeliveryState.SENDING})


def may_follow(before: DeliveryState, after: DeliveryState) -> bool:
    """Whether a delivery may go from one state to the other."""
    return after in FOLLOWS[before]
