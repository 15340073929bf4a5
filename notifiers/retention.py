"""What has become old is forgotten: messages, events, groups, alerts with their history, silences."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from consistency.database import database_now, transaction
from consistency.ledger.alert_tables import alert_changes, alerts, silences
from consistency.ledger.delivery_tables import group_members
from consistency.resources import Resources
from notifiers.alerts.alert import AlertState
from notifiers.deliveries.dead import forget_deliveries
from notifiers.routing.retention import forget_groups, forget_notices

_TOGETHER = 500


def forget_old(resources: Resources) -> dict[str, int]:
    """Delete what ended longer than `ledger_days` ago; how many rows of each."""
    settings = resources.settings
    with transaction(resources.store) as connection:
        now = database_now(connection)
        before = now - timedelta(days=settings.ledger_days)
        done = forget_deliveries(connection, settings, now)
        # Events are kept elsewhere; here they only have to be told.
        done["notices_deleted"] = forget_notices(connection, max(before, now - timedelta(days=settings.event_days)))
        done["alerts_deleted"] = _forget_alerts(connection, before)
        done["groups_deleted"] = forget_groups(connection, before)
        over = delete(silences).where(silences.c.ends_at < before)
        done["silences_deleted"] = connection.execute(over).rowcount
    return done


def _forget_alerts(connection: Connection, before: datetime) -> int:
    """Those that ended, of which no channel still has to hear and all changes are filed; old changes of others."""
    old = alert_changes.c.filed_at.is_not(None) & (alert_changes.c.at < before)
    connection.execute(delete(alert_changes).where(old))
    told = select(group_members.c.alert_id).where(group_members.c.alert_id == alerts.c.id).exists()
    unfiled = alert_changes.c.filed_at.is_(None) & (alert_changes.c.alert_id == alerts.c.id)
    kept = told | select(alert_changes.c.id).where(unfiled).exists()
    ended = (alerts.c.state == AlertState.RESOLVED) & (alerts.c.last_seen_at < before) & ~kept
    ids = list(connection.scalars(select(alerts.c.id).where(ended).limit(10 * _TOGETHER)))
    for start in range(0, len(ids), _TOGETHER):
        these = ids[start : start + _TOGETHER]
        connection.execute(delete(alert_changes).where(alert_changes.c.alert_id.in_(these)))
        connection.execute(delete(alerts).where(alerts.c.id.in_(these)))
    return len(ids)
