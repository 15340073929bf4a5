"""Hourly tallies that outlive the check that counted them; trends and usual volumes are read from here."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from consistency.ledger.tables import hour_buckets
from consistency.model import Window
from consistency.tally import Slots, Tally

HOUR = timedelta(hours=1)


def store_hours(connection: Connection, rule_id: str, rule_hash: str, hours: Slots, now: datetime) -> None:
    """Replace the stored tallies of these hours (starts in seconds since 1970)."""
    if not hours.tallies:
        return
    starts = [datetime.fromtimestamp(start, UTC) for start in hours.tallies]
    same = (hour_buckets.c.rule_id == rule_id) & (hour_buckets.c.rule_hash == rule_hash)
    connection.execute(delete(hour_buckets).where(same, hour_buckets.c.hour.in_(starts)))
    rows = [
        {"hour": datetime.fromtimestamp(start, UTC), "tally": json.dumps(tally.as_dict())}
        for start, tally in sorted(hours.tallies.items())
    ]
    shared = {"rule_id": rule_id, "rule_hash": rule_hash, "updated_at": now}
    connection.execute(insert(hour_buckets), [{**row, **shared} for row in rows])


def read_tally(text: str) -> Tally:
    """A tally as it is stored; nobody else has it."""
    return Tally.from_dict(json.loads(text))


def stored_hours(
    connection: Connection, rule_id: str, rule_hash: str, window: Window, read: Callable[[str], Tally] = read_tally
) -> dict[datetime, Tally]:
    """The stored tallies of the hours that begin in the window; `read` makes a tally of what is stored."""
    chosen = select(hour_buckets.c.hour, hour_buckets.c.tally).where(
        hour_buckets.c.rule_id == rule_id,
        hour_buckets.c.rule_hash == rule_hash,
        hour_buckets.c.hour >= window.start,
        hour_buckets.c.hour < window.end,
    )
    rows = connection.execute(chosen.order_by(hour_buckets.c.hour))
    return {row.hour: read(row.tally) for row in rows}


def forget_old_hours(connection: Connection, now: datetime, keep: timedelta) -> int:
    """Delete hours that were last counted longer ago than `keep`; returns how many."""
    return connection.execute(delete(hour_buckets).where(hour_buckets.c.updated_at < now - keep)).rowcount
