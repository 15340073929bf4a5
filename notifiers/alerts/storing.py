"""Alerts in the ledger: read, written by whoever has seen them as they stand, with the history of their changes."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.dialects import mysql, postgresql, sqlite

from consistency.ledger.alert_tables import alert_changes, alerts
from notifiers.alerts.alert import LIVE, Alert, AlertState, alert_of, row_of
from notifiers.alerts.changes import Change, Changed

_CHUNK = 500
#: The alerts of which a good observation has something to say: they are not over, or have not come to rest.
UNSETTLED = alerts.c.state.in_(sorted({*LIVE, AlertState.PENDING})) | alerts.c.flapping
#: Never written after the first time: what the alert is, and what only those who tell it know.
_NOT_OURS = ("id", "fingerprint", "service", "rule_id", "kind", "labels", "suppressed_by")


def find_alerts_by_fingerprint(connection: Connection, fingerprints: Sequence[str]) -> dict[str, Alert]:
    """Those that there are, by fingerprint."""
    found: dict[str, Alert] = {}
    for first in range(0, len(fingerprints), _CHUNK):
        chosen = alerts.c.fingerprint.in_(fingerprints[first : first + _CHUNK])
        found |= {row.fingerprint: alert_of(row) for row in connection.execute(select(alerts).where(chosen))}
    return found


def change(
    connection: Connection, fingerprint: str, alert: Alert | None, act: Callable[[Alert | None], Changed]
) -> Changed:
    """What `act` makes of the alert, written down; asked anew when somebody else has changed the alert meanwhile."""
    while True:
        changed = act(alert)
        if changed.alert is None or changed.alert is alert:
            return changed
        after = replace(changed.alert, version=alert.version + 1 if alert else 1)
        if _written(connection, alert, after):
            return replace(changed, alert=after)
        alert = find_alerts_by_fingerprint(connection, [fingerprint]).get(fingerprint)


def change_known(connection: Connection, alert: Alert, act: Callable[[Alert], Changed]) -> Changed:
    """The same for an alert that has been read."""
    return change(connection, alert.fingerprint, alert, lambda current: act(current or alert))


def _written(connection: Connection, before: Alert | None, after: Alert) -> bool:
    if before is None:
        return _inserted(connection, after)
    values = {name: value for name, value in row_of(after).items() if name not in _NOT_OURS}
    # By the same key as in `_inserted`: MariaDB locks the entry of the index that leads to the row before the row.
    mine = (alerts.c.id == before.id) & (alerts.c.version == before.version)
    return connection.execute(update(alerts).where(mine).values(values)).rowcount == 1


def _inserted(connection: Connection, alert: Alert) -> bool:
    """Whether it is there because of us; if not, the row is locked now, so that the next try succeeds.

    A statement that fails would end the transaction on PostgreSQL, and leave a shared lock on MariaDB on which two
    who have failed would wait for each other.
    """
    values, more = row_of(alert), {"version": alerts.c.version + 1}
    if connection.dialect.name in {"mysql", "mariadb"}:
        connection.execute(mysql.insert(alerts).values(values).on_duplicate_key_update(more))
    else:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        statement = dialect.insert(alerts).values(values)
        connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=more))
    version = connection.scalar(select(alerts.c.version).where(alerts.c.id == alert.id))
    return version == alert.version


def write_changes(connection: Connection, changes: Iterable[Change]) -> None:
    """Add to the history, in the transaction of the changes."""
    if rows := [_row(each) for each in changes]:
        connection.execute(insert(alert_changes), rows)


def _row(each: Change) -> dict[str, object]:
    return {
        "alert_id": each.alert_id,
        "episode": each.episode,
        "at": each.at,
        "change": str(each.what),
        "level": each.level,
        "actor": each.actor[:200],
        "payload": json.dumps(each.payload, ensure_ascii=False),
    }
