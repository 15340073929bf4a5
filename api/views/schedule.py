"""The schedule as one object."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from api.views.overview import schedule_overview
from consistency.model import utc_text
from consistency.settings import Settings
from monitor_tasks.timetable import timetable


def schedule_object(connection: Connection, settings: Settings, now: datetime) -> dict[str, Any]:
    """What beat starts and when, its next turn, and of checks the last one and how far it lags behind."""
    entries = schedule_overview(connection, settings, timetable(), now)
    return {"schema_version": 1, "as_of": utc_text(now), "timezone": settings.timezone, "entries": entries}
