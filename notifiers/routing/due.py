"""Which groups are to be looked at, and that each look is one process's alone."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Update, case, null, or_, select, update

from consistency.ledger.alert_tables import alerts
from consistency.ledger.delivery_tables import group_members, notification_groups


def due_groups(connection: Connection, now: datetime, limit: int) -> list[str]:
    """The keys of groups that are to be looked at, those that have waited longest first."""
    earliest = case(
        (notification_groups.c.flush_at.is_(None), notification_groups.c.wake_at),
        else_=notification_groups.c.flush_at,
    )
    chosen = select(notification_groups.c.key).where(_is_due(now)).order_by(earliest, notification_groups.c.key)
    return list(connection.scalars(chosen.limit(limit)))


def take_group(connection: Connection, key: str, now: datetime) -> Row[Any] | None:
    """Lock a group that is due, and take what waits in it; None when it is not due, or somebody else has taken it."""
    if connection.execute(_taking(key, now)).rowcount != 1:
        return None
    return connection.execute(select(notification_groups).where(notification_groups.c.key == key)).one()


def _taking(key: str, now: datetime) -> Update:
    reached = notification_groups.c.flush_at <= now
    # MySQL assigns from left to right, so what depends on flush_at comes before it.
    return (
        update(notification_groups)
        .where(notification_groups.c.key == key, _is_due(now))
        .ordered_values(
            (notification_groups.c.flush_by, case((reached, null()), else_=notification_groups.c.flush_by)),
            (notification_groups.c.flush_at, case((reached, null()), else_=notification_groups.c.flush_at)),
            (notification_groups.c.wake_at, None),
            (notification_groups.c.evaluated_at, now),
            (notification_groups.c.seq, notification_groups.c.seq + 1),
        )
    )


def _is_due(now: datetime) -> Any:
    return or_(notification_groups.c.flush_at <= now, notification_groups.c.wake_at <= now)


def rearm_missed(connection: Connection, now: datetime) -> list[str]:
    """Have groups looked at whose alerts have changed since their last look, though nobody touched them."""
    members = group_members.join(alerts, alerts.c.id == group_members.c.alert_id)
    seen = notification_groups.c.evaluated_at
    changed = (
        select(group_members.c.group_key)
        .select_from(members)
        .where(group_members.c.group_key == notification_groups.c.key, or_(seen.is_(None), alerts.c.updated_at > seen))
        .exists()
    )
    resting = notification_groups.c.flush_at.is_(None)
    chosen = select(notification_groups.c.key).where(resting, changed).order_by(notification_groups.c.key)
    keys = list(connection.scalars(chosen))
    for key in keys:
        values = {"flush_at": now, "flush_by": now}
        connection.execute(update(notification_groups).where(notification_groups.c.key == key, resting).values(values))
    return keys
