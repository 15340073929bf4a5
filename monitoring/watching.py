"""What the product tells of itself as events: a disk that fills, and a quick check that does not come.

An event's id says what it is about, so that however often and wherever it is looked, it is told once.
"""

import hashlib
import shutil
import socket
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from consistency.database import database_now, transaction
from consistency.durations import duration_text
from consistency.event_checks import seal
from consistency.events import Event, EventLevel, EventType, event_time
from consistency.ledger.events import store_events
from consistency.ledger.runs import latest_run
from consistency.model import CheckType, utc_text
from consistency.resources import Resources
from consistency.settings import Settings

#: From which share of free space on a level holds, the gravest first.
SCARCE = ((0.03, EventLevel.CRITICAL), (0.10, EventLevel.WARNING))
MISSED_PERIODS = 3


def watch(resources: Resources) -> list[str]:
    """Store what is to be said just now; the ids of the events, also of those that were stored before."""
    settings = resources.settings
    with transaction(resources.store) as connection:
        now = database_now(connection)
        scarce = list(_storage(settings, now))
        overdue = list(_overdue(connection, settings, now))
        sealed = [seal(event) for event in scarce]
        store_events(connection, sealed, now, settings.tell_events_from, settings.routed_types)
        # People are told of it as an alert that also ends.
        store_events(connection, [seal(event) for event in overdue], now, None)
    return [event.id for event in (*scarce, *overdue)]


def _storage(settings: Settings, now: datetime) -> Iterator[Event]:
    folder = settings.log_dir.absolute()
    usage = shutil.disk_usage(next(place for place in (folder, *folder.parents) if place.exists()))
    share = usage.free / usage.total if usage.total else 1.0
    if event := storage_event(settings.service, folder, share, usage.free, now):
        yield event


def storage_event(service: str, folder: Path, share: float, free: int, now: datetime) -> Event | None:
    """The warning for a disk of which that share, and so many bytes, are free: one a host, folder, level and day."""
    level = next((level for below, level in SCARCE if share < below), None)
    if level is None:
        return None
    host = socket.gethostname()
    return Event(
        timestamp=event_time(now),
        event_type=EventType.STORAGE_WARNING,
        level=level,
        service=service,
        message=f"{share:.1%} of the disk of {folder} on {host} are free ({free / 2**30:.1f} GiB)",
        details={"host": host, "folder": str(folder)},
        metrics={"free_share": round(share, 4), "free_bytes": free},
        id=f"storage-{_mark(host, folder)}-{now:%Y%m%d}-{level}",
    )


def _overdue(connection: Connection, settings: Settings, now: datetime) -> Iterator[Event]:
    every = settings.quick_every
    for rule in settings.rules:
        last = latest_run(connection, rule.id, CheckType.QUICK)
        since = last.closed_at if last else None
        if since is not None and now - since > MISSED_PERIODS * every:
            yield _overdue_event(settings.service, rule.id, since, every, now)


def _overdue_event(service: str, rule: str, since: datetime, every: timedelta, now: datetime) -> Event:
    return Event(
        timestamp=event_time(now),
        event_type=EventType.SERVICE_STATUS,
        level=EventLevel.WARNING,
        service=service,
        message=f"the quick check of {rule} is overdue: the last one ended at {utc_text(since)}",
        details={"rule": rule, "last": utc_text(since), "due_every": duration_text(every)},
        id=f"overdue-{_mark(rule)}-{since:%Y%m%d%H%M%S%f}",
    )


def _mark(*parts: Any) -> str:
    """A short name for what has too many or too odd characters for an id."""
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:16]
