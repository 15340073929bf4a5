"""The events of a group that wait to be told: first without their bodies, because there may be very many."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from consistency.ledger.delivery_tables import notices
from consistency.model import Level
from notifiers.messages.message import NoticeFact

#: More than these are not looked at in one turn.
MOST_WAITING = 20_000
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is known of an event that waits, without its body."""

    id: int
    level: Level
    service: str
    rule: str
    at: datetime


def waiting_notices(connection: Connection, key: str) -> list[Waiting]:
    """The events of a group that nobody has been told of yet, oldest first, at most MOST_WAITING of them."""
    columns = (notices.c.id, notices.c.level, notices.c.service, notices.c.rule_id, notices.c.occurred_at)
    chosen = select(*columns).where(notices.c.group_key == key, notices.c.seq.is_(None)).order_by("id")
    rows = connection.execute(chosen.limit(MOST_WAITING))
    return [Waiting(row.id, Level(row.level), row.service, row.rule_id, row.occurred_at) for row in rows]


def read_notices(connection: Connection, ids: Sequence[int]) -> list[NoticeFact]:
    """These events, oldest first."""
    chosen = select(notices.c.body).where(notices.c.id.in_(ids)).order_by(notices.c.id)
    return [NoticeFact.model_validate_json(body) for body in connection.scalars(chosen)]


def mark_told(connection: Connection, ids: Sequence[int], seq: int) -> None:
    """Remember which look at the group has told them."""
    for start in range(0, len(ids), _CHUNK):
        chosen = notices.c.id.in_(ids[start : start + _CHUNK])
        connection.execute(update(notices).where(chosen).values(seq=seq))
