"""Messages that were given up: a person looks at them, has them sent again, and in the end they are forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from consistency.errors import BadRequest
from consistency.ledger.delivery_tables import deliveries, delivery_attempts
from consistency.settings import Settings
from notifiers.deliveries.outbox import REDELIVERED, Delivery, as_delivery
from notifiers.deliveries.states import DeliveryState

_TOGETHER = 1000
_MOST = 10_000
_some = select(deliveries.c.id).where(deliveries.c.state == DeliveryState.DEAD).limit(100).subquery()
_DEAD = select(func.count()).select_from(_some)
_SHORTEST_ID = len("msg_") + 4
_LONGEST_ID = 64


@dataclass(frozen=True)
class AttemptRow:
    """One attempt as it was kept."""

    no: int
    at: datetime
    outcome: str
    code: str
    detail: str
    reply: str
    milliseconds: int


def dead_deliveries(
    connection: Connection, channel: str | None = None, since: datetime | None = None, limit: int = 100
) -> list[Delivery]:
    """Messages that nobody was told, newest first, perhaps those of one channel or those given up since a moment."""
    chosen = select(deliveries).where(*_dead(channel, since))
    ordered = chosen.order_by(deliveries.c.finished_at.desc(), deliveries.c.id).limit(limit)
    return [as_delivery(row) for row in connection.execute(ordered)]


def count_dead(connection: Connection) -> int:
    """How many messages nobody was told, up to a hundred."""
    return connection.scalar(_DEAD) or 0


def attempts_of(connection: Connection, delivery_id: str) -> list[AttemptRow]:
    """Every attempt at a delivery, oldest first."""
    mine = select(delivery_attempts).where(delivery_attempts.c.delivery_id == delivery_id)
    rows = connection.execute(mine.order_by(delivery_attempts.c.id))
    return [AttemptRow(row.no, row.at, row.outcome, row.code, row.detail, row.reply, row.milliseconds) for row in rows]


def redeliver(
    connection: Connection,
    ids: Sequence[str] = (),
    channel: str | None = None,
    since: datetime | None = None,
    *,
    dry_run: bool,
    now: datetime,
) -> list[str]:
    """Queue dead messages again under their ids, with all attempts before them; return the ids, oldest first.

    They are chosen by id or its first characters, by channel, by when they were given up, or by all of these;
    BadRequest if by nothing.
    """
    if not ids and channel is None and since is None:
        raise BadRequest("redeliver: say which messages, by their ids, by --channel or by --since")
    chosen_ids = [_require_dead(connection, each) for each in ids]
    conditions = [*_dead(channel, since), *([deliveries.c.id.in_(chosen_ids)] if ids else [])]
    chosen = select(deliveries.c.id).where(*conditions).order_by(deliveries.c.created_at, deliveries.c.id)
    found = list(connection.scalars(chosen))
    if not dry_run:
        _requeue(connection, found, now)
    return found


def _require_dead(connection: Connection, given: str) -> str:
    """The dead message of that id, or the one whose id begins so."""
    begins = deliveries.c.id.startswith(given[:_LONGEST_ID], autoescape=True)
    found = connection.execute(select(deliveries.c.id, deliveries.c.state).where(begins).order_by("id").limit(2)).all()
    if not found or len(given) < _SHORTEST_ID:
        raise BadRequest(
            f"redeliver: there is no message {given[:_LONGEST_ID]!r}; `reconcilery notify dead` shows them"
        )
    if len(found) > 1 and found[0].id != given:
        raise BadRequest(f"redeliver: more than one message begins with {given[:_LONGEST_ID]}; give more of its id")
    if found[0].state != DeliveryState.DEAD:
        raise BadRequest(f"redeliver: message {found[0].id} is {found[0].state}; only a dead one can be sent again")
    return str(found[0].id)


def _requeue(connection: Connection, ids: Sequence[str], now: datetime) -> None:
    # It is made anew: how long it has waited, and how long it is kept, counts from now on.
    fresh: dict[str, Any] = {
        "state": DeliveryState.QUEUED,
        "reason": REDELIVERED,
        "attempts": 0,
        "next_at": now,
        "created_at": now,
        "finished_at": None,
        "ended_because": None,
    }
    for at in range(0, len(ids), _TOGETHER):
        these = deliveries.c.id.in_(ids[at : at + _TOGETHER]) & (deliveries.c.state == DeliveryState.DEAD)
        connection.execute(update(deliveries).where(these).values(fresh))


def forget_deliveries(connection: Connection, settings: Settings, now: datetime) -> dict[str, int]:
    """Give up what has waited for `dead_days`; delete dead ones as old, and others that ended `ledger_days` ago.

    At most ten thousand rows a call.
    """
    undelivered = now - timedelta(days=settings.dead_days)
    waiting = (deliveries.c.state == DeliveryState.QUEUED) & (deliveries.c.created_at < undelivered)
    because = f"it could not be sent within {settings.dead_days} days"
    ending = {"state": DeliveryState.DEAD, "finished_at": now, "ended_because": because}
    given_up = connection.execute(update(deliveries).where(waiting).values(ending)).rowcount
    dead = (deliveries.c.state == DeliveryState.DEAD) & (deliveries.c.finished_at < undelivered)
    ended = deliveries.c.state.in_([DeliveryState.SENT, DeliveryState.SUPERSEDED])
    old = ended & (deliveries.c.created_at < now - timedelta(days=settings.ledger_days))
    return {"given_up": given_up, "deliveries_deleted": _delete(connection, dead) + _delete(connection, old)}


def _delete(connection: Connection, condition: ColumnElement[bool]) -> int:
    deleted = 0
    while deleted < _MOST:
        ids = list(connection.scalars(select(deliveries.c.id).where(condition).limit(_TOGETHER)))
        if not ids:
            break
        connection.execute(delete(delivery_attempts).where(delivery_attempts.c.delivery_id.in_(ids)))
        deleted += connection.execute(delete(deliveries).where(deliveries.c.id.in_(ids))).rowcount
    return deleted


def _dead(channel: str | None, since: datetime | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [deliveries.c.state == DeliveryState.DEAD]
    if channel is not None:
        conditions.append(deliveries.c.channel == channel)
    if since is not None:
        conditions.append(deliveries.c.finished_at >= since)
    return conditions
