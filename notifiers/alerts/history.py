"""The complete history of alerts, also as one JSON object a line under `logs/alerts/`."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, update

from consistency.database import database_now, transaction
from consistency.journal_compaction import compact
from consistency.journal_files import append_line, day_file, read_lines
from consistency.ledger.alert_tables import alert_changes, alerts
from consistency.model import utc_text
from consistency.resources import Resources

PREFIX = "alerts"


@dataclass(frozen=True)
class Entry:
    """One change with the alert that it happened to; `labels` and `payload` as they were kept."""

    id: int
    at: datetime
    change: str
    level: str | None
    actor: str
    alert_id: str
    episode: int
    service: str
    rule_id: str
    kind: str
    labels: dict[str, str]
    payload: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {**self.__dict__, "at": utc_text(self.at)}


def history(
    connection: Connection, alert_id: str | None = None, limit: int = 50, before: int | None = None
) -> list[Entry]:
    """The latest changes of one alert or of all, newest first, perhaps only those with ids below `before`."""
    chosen = _entries() if alert_id is None else _entries().where(alert_changes.c.alert_id == alert_id)
    if before is not None:
        chosen = chosen.where(alert_changes.c.id < before)
    rows = connection.execute(chosen.order_by(alert_changes.c.id.desc()).limit(limit))
    return [_entry(row) for row in rows]


def last_changes(connection: Connection, alert_id: str) -> dict[str, datetime]:
    """When each kind of change last happened to the alert, by the names of the changes."""
    columns = alert_changes.c
    chosen = select(columns.change, func.max(columns.at)).where(columns.alert_id == alert_id).group_by(columns.change)
    return {row[0]: row[1] for row in connection.execute(chosen)}


def file_changes(resources: Resources, limit: int = 200) -> int:
    """Write the oldest changes that no file has yet; returns how many.

    Their rows stay locked meanwhile, so that two processes cannot both write. One that died after a line and before
    the mark left the line behind, and then it is not written again.
    """
    with transaction(resources.store) as connection:
        unfiled = alert_changes.c.filed_at.is_(None)
        locking = select(alert_changes.c.id).where(unfiled).order_by(alert_changes.c.id).limit(limit)
        ids = list(connection.scalars(locking.with_for_update()))
        if not ids:
            return 0
        rows = connection.execute(_entries().where(alert_changes.c.id.in_(ids)).order_by(alert_changes.c.id))
        _write(resources, [_entry(row) for row in rows])
        marking = update(alert_changes).where(alert_changes.c.id.in_(ids))
        connection.execute(marking.values(filed_at=database_now(connection)))
    return len(ids)


def _write(resources: Resources, entries: list[Entry]) -> None:
    folder = resources.settings.log_dir / PREFIX
    days = {entry.at.astimezone(UTC).date() for entry in entries}
    is_new = any(not day_file(folder, day, PREFIX).exists() for day in days)
    written = {record.get("id") for record in read_lines(folder, min(days), max(days), PREFIX)}
    for entry in entries:
        if entry.id not in written:
            append_line(folder, entry.at, entry.as_dict(), PREFIX)
    if is_new:
        _tidy(resources, max(days))


def _tidy(resources: Resources, today: date) -> None:
    """The first line of a day compresses the days before and deletes those past their time."""
    settings = resources.settings
    compact(settings.log_dir / PREFIX, today, settings.gzip_after_days, settings.log_days, PREFIX)


def _entries() -> Select[Any]:
    joined = alert_changes.join(alerts, alerts.c.id == alert_changes.c.alert_id)
    named = (alerts.c[name] for name in ("service", "rule_id", "kind", "labels"))
    return select(alert_changes, *named).select_from(joined)


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        id=row.id,
        at=row.at,
        change=row.change,
        level=row.level,
        actor=row.actor,
        alert_id=row.alert_id,
        episode=row.episode,
        service=row.service,
        rule_id=row.rule_id,
        kind=row.kind,
        labels=json.loads(row.labels),
        payload=json.loads(row.payload),
    )
