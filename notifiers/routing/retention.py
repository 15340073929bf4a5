"""What is forgotten: events told long ago, and groups that nothing belongs to any more."""

from datetime import datetime

from sqlalchemy import Connection, delete, select

from consistency.ledger.delivery_tables import deliveries, group_members, notices, notification_groups


def forget_notices(connection: Connection, before: datetime) -> int:
    """Remove the events of before then that were told; how many."""
    old = (notices.c.occurred_at < before) & notices.c.seq.is_not(None)
    return connection.execute(delete(notices).where(old)).rowcount


def forget_groups(connection: Connection, before: datetime) -> int:
    """Remove the groups that have rested since then, and of which nothing is left; how many.

    One whose messages are still kept stays, because it has to go on numbering them.
    """
    key = notification_groups.c.key
    left = [
        select(table.c.group_key).where(table.c.group_key == key).exists()
        for table in (group_members, notices, deliveries)
    ]
    resting = notification_groups.c.flush_at.is_(None) & (notification_groups.c.evaluated_at < before)
    chosen = select(key).where(resting, *(~each for each in left)).order_by(key)
    # Whatever comes in meanwhile sets flush_at behind the group's lock.
    return sum(
        connection.execute(delete(notification_groups).where(key == each, resting)).rowcount
        for each in list(connection.scalars(chosen))
    )
