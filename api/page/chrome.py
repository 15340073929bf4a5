"""What stands around every page: how many alerts are open, and how the whole system is."""

from typing import Any

from sqlalchemy import Connection, func, select

from consistency.ledger.alert_tables import alerts
from notifiers.alerts.alert import LIVE

_OPEN_ALERTS = select(func.count()).where(alerts.c.state.in_(sorted(LIVE)))


def chrome(connection: Connection, place: str, open_alerts: int | None = None) -> dict[str, Any]:
    """Values for the frame of the page at that place of the navigation; the alerts are counted unless they were."""
    if open_alerts is None:
        open_alerts = connection.scalar(_OPEN_ALERTS) or 0
    return {"place": place, "open_alerts": open_alerts}
