"""The log of what each channel was told of a group."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from consistency.ledger.delivery_tables import notification_log
from notifiers.deciding.told import Told, read_told, written


@dataclass(frozen=True)
class Entry:
    """What one channel was told, and when last."""

    told: Mapping[str, Told]
    told_at: datetime


def read_log(connection: Connection, key: str) -> dict[str, Entry]:
    """What was told of a group, by channel."""
    rows = connection.execute(select(notification_log).where(notification_log.c.group_key == key))
    return {row.channel: Entry(read_told(row.notified), row.told_at) for row in rows}


def remember_told(
    connection: Connection, key: str, channel: str, told: Mapping[str, Told], message: dict[str, object], *, new: bool
) -> None:
    """Keep what a channel now believes; `message` holds told_at, seq and reason if it was sent one."""
    values = {"notified": written(told.values()), **message}
    if new:
        connection.execute(insert(notification_log).values(group_key=key, channel=channel, **values))
        return
    mine = (notification_log.c.group_key == key) & (notification_log.c.channel == channel)
    connection.execute(update(notification_log).where(mine).values(values))
