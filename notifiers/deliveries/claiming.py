"""One sender at a time has a delivery in hand, until its lease ends; what comes later than that changes nothing."""

import time
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Update, bindparam, exists, select, update

from consistency.ledger.clock import clock
from consistency.ledger.delivery_tables import channel_states, deliveries
from notifiers.deliveries.breakers import ChannelState
from notifiers.deliveries.states import OPEN, DeliveryState

_newer = deliveries.alias("newer")
_LATER = exists().where(
    _newer.c.group_key == deliveries.c.group_key,
    _newer.c.channel == deliveries.c.channel,
    _newer.c.seq > deliveries.c.seq,
    _newer.c.state.in_([DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.SENT]),
)
_LOOK = select(
    deliveries,
    channel_states.c.failures,
    channel_states.c.broken_since,
    channel_states.c.paused_until,
    channel_states.c.probes,
    channel_states.c.reason.label("channel_reason"),
    _LATER.label("newer"),
    clock().label("now"),
).select_from(deliveries.outerjoin(channel_states, channel_states.c.channel == deliveries.c.channel))
_LOOK_AT_ONE = _LOOK.where(deliveries.c.id == bindparam("its_id"))


def as_found(whose: str) -> Update:
    """Changes a delivery that is as it was found; takes `WHOSE_id`, `WHOSE_state`, `WHOSE_attempts`, `WHOSE_now`."""
    return update(deliveries).where(
        deliveries.c.id == bindparam(f"{whose}_id"),
        deliveries.c.state == bindparam(f"{whose}_state"),
        deliveries.c.attempts == bindparam(f"{whose}_attempts"),
        deliveries.c.next_at <= bindparam(f"{whose}_now"),
    )


# Statements that every message needs are put together once; what they set is named when they are executed.
_AS_FOUND = as_found("its")
_WAITING = _AS_FOUND.where(deliveries.c.lease_token.is_(None))
_LOST = _AS_FOUND.where(deliveries.c.lease_token == bindparam("its_token"))
_MINE = update(deliveries).where(
    deliveries.c.id == bindparam("its_id"), deliveries.c.lease_token == bindparam("its_token")
)


_MOST_HELD = 1000
#: For so many seconds it is likely that nothing has changed since a look; a claim finds out if it has.
_FRESH = 1.0


@dataclass(frozen=True)
class Found:
    """A delivery as it was when it was looked at, at `seen_now` by the database's clock, with its channel's state.

    `newer` says that the channel has or will have a later message of the same group.
    """

    id: str
    channel: str
    group_key: str
    seq: int
    reason: str
    state: DeliveryState
    message: str
    progress: str | None
    attempts: int
    next_at: datetime
    created_at: datetime
    lease_token: str | None
    fallback_of: str | None
    fallback_at: datetime | None
    newer: bool
    health: ChannelState
    seen_now: datetime
    seen_at: float = field(default_factory=time.monotonic)

    @property
    def now(self) -> datetime:
        """The database's clock without asking it: as it was at the look, and the time since."""
        return self.seen_now + timedelta(seconds=time.monotonic() - self.seen_at)

    @property
    def is_fresh(self) -> bool:
        """Whether the look was a moment ago."""
        return time.monotonic() - self.seen_at < _FRESH

    @property
    def is_due(self) -> bool:
        """Whether somebody should send it: nobody else has it in hand, and it need not wait."""
        return self.state in OPEN and self.next_at <= self.now


@dataclass(frozen=True)
class Claim:
    """A delivery in hand; `attempt` is the number of this attempt."""

    found: Found
    token: str
    attempt: int

    @classmethod
    def of(cls, found: Found) -> "Claim":
        """A new one, which counts once it is written."""
        return cls(found, str(uuid.uuid4()), found.attempts + 1)

    @property
    def now(self) -> datetime:
        """The database's clock."""
        return self.found.now


def look(connection: Connection, delivery_id: str) -> Found | None:
    """Everything that is needed to decide what to do with a delivery, in one statement."""
    row = connection.execute(_LOOK_AT_ONE, {"its_id": delivery_id}).first()
    return _found(row) if row else None


def look_at_due(connection: Connection, limit: int, without: Collection[str] = ()) -> list[Found]:
    """The same of what should be sent now, longest due first, leaving out the channels in `without`."""
    due = deliveries.c.state.in_(sorted(OPEN)) & (deliveries.c.next_at <= clock())
    chosen = _LOOK.where(due, deliveries.c.channel.not_in(sorted(without)))
    ordered = chosen.order_by(deliveries.c.next_at, deliveries.c.created_at, deliveries.c.id).limit(limit)
    return [_found(row) for row in connection.execute(ordered)]


def take(connection: Connection, found: Found, lease: timedelta) -> Claim | None:
    """Take a delivery that was found due for so long; None if somebody else has been faster."""
    claim, until = Claim.of(found), found.now + lease
    # While it is in hand the next attempt is due when the lease ends, so that one question finds whatever is due.
    taken = {"state": DeliveryState.SENDING, "lease_token": claim.token, "lease_until": until, "next_at": until}
    return claim if change_found(connection, found, **taken, attempts=claim.attempt) else None


def change_found(connection: Connection, found: Found, **values: Any) -> bool:
    """Change a delivery that nobody has in hand; False if it is not any more as it was found."""
    given = {
        "its_id": found.id,
        "its_state": found.state,
        "its_attempts": found.attempts,
        "its_now": found.now,
        **({"its_token": found.lease_token} if found.lease_token else {}),
    }
    return connection.execute(_LOST if found.lease_token else _WAITING, given | values).rowcount == 1


def hold_others(connection: Connection, found: Found, *, only_stood_in: bool) -> None:
    """Let what else is due on a channel wait until that may be asked; perhaps only what nobody is to stand in for.

    It spares others the look, so what somebody has locked is passed over: two who hold would wait for each other.
    """
    due = (deliveries.c.channel == found.channel) & (deliveries.c.state == DeliveryState.QUEUED)
    due &= deliveries.c.next_at <= found.now
    if only_stood_in:
        due &= deliveries.c.fallback_at.is_not(None) | deliveries.c.fallback_of.is_not(None)
    chosen = select(deliveries.c.id).where(due).limit(_MOST_HELD).with_for_update(skip_locked=True)
    if ids := list(connection.scalars(chosen)):
        held = update(deliveries).where(deliveries.c.id.in_(ids)).values(next_at=found.health.paused_until)
        connection.execute(held)


def let_go(connection: Connection, claim: Claim, state: DeliveryState, **values: Any) -> bool:
    """Put down a delivery with what has become of it; False, and nothing changes, if it was taken away meanwhile."""
    given = {"its_id": claim.found.id, "its_token": claim.token, "state": state, "lease_token": None}
    return connection.execute(_MINE, {**given, "lease_until": None, **values}).rowcount == 1


def _found(row: Any) -> Found:
    health = ChannelState(row.failures or 0, row.broken_since, row.paused_until, row.probes or 0, row.channel_reason)
    return Found(
        id=row.id,
        channel=row.channel,
        group_key=row.group_key,
        seq=row.seq,
        reason=row.reason,
        state=DeliveryState(row.state),
        message=row.message,
        progress=row.progress,
        attempts=row.attempts,
        next_at=row.next_at,
        created_at=row.created_at,
        lease_token=row.lease_token,
        fallback_of=row.fallback_of,
        fallback_at=row.fallback_at,
        newer=bool(row.newer),
        health=health,
        seen_now=row.now,
    )
