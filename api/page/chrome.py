"""What stands around every page: how many alerts are open, and how the whole system is."""

from typing import Any

from sqlalchemy import Connection, func, select

from consistency.ledger.alert_tables import alerts
from notifiers.alerts.alert import LIVE


def chrome(connection: Connection, place: str) -> dict[str, Any]:
    """Values for the frame of the page at that place of the navigation."""
    firing = alerts.c.state.in_(sorted(LIVE))
    return {
        "place": place,
        "open_alerts": connection.scalar(select(func.count()).where(firing)) or 0,
    }
