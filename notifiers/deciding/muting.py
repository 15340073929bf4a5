"""Why nobody is told of an alert: kept with the alert, and once in its history."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, select, update

from consistency.ledger.alert_tables import alerts
from notifiers.alerts.alert import Alert, alert_of
from notifiers.alerts.changes import PRODUCT, Change, What
from notifiers.alerts.storing import write_changes

_LONGEST = 200


def note_muted(connection: Connection, why: Mapping[str, str | None], now: datetime) -> None:
    """Keep the reason by the id of the alert, or that there is none any more."""
    for alert_id in sorted(why):
        mine, words = alerts.c.id == alert_id, (why[alert_id] or "")[:_LONGEST]
        row = connection.execute(select(alerts).where(mine).with_for_update()).first()
        connection.execute(update(alerts).where(mine).values(suppressed_by=words or None))
        if words and row is not None and not row.suppressed_by:
            write_changes(connection, [_change(alert_of(row), words, now)])


def _change(alert: Alert, words: str, now: datetime) -> Change:
    return Change(alert.id, alert.episode, now, What.MUTED, alert.level, PRODUCT, {"why": words})
