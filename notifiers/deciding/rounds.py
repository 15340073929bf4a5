"""Rounds over the groups that are due, and what keeps any alert from being forgotten by them."""

from collections.abc import Mapping
from datetime import datetime

import structlog
from sqlalchemy import Connection, Engine, or_, select

from consistency.database import database_now, transaction
from consistency.errors import DatabaseError
from consistency.ledger.alert_tables import alerts
from consistency.ledger.delivery_tables import group_members
from consistency.patience import patient
from consistency.settings import Settings
from notifiers.alerts.alert import LIVE, Alert, alert_of
from notifiers.deciding.flushing import Flushed, flush
from notifiers.deciding.muting import note_muted
from notifiers.routing.due import due_groups
from notifiers.routing.groups import arm_all
from notifiers.routing.routes import Traits, group_key, group_labels, possible_routes

log = structlog.get_logger(__name__)


def flush_due(engine: Engine, settings: Settings, limit: int = 100) -> list[str]:
    """Look at the groups that are due; the ids of the deliveries to be sent. One that fails does not hold up others."""
    with transaction(engine.execution_options(readonly=True)) as connection:
        keys = due_groups(connection, database_now(connection), limit)
    sent: list[str] = []
    for key in keys:
        try:
            sent += flush_group(engine, settings, key)
        except DatabaseError as error:
            log.warning("group.not_looked_at", group=key, error=str(error))
    return sent


def flush_group(engine: Engine, settings: Settings, key: str) -> list[str]:
    """Look at one group if it is due; the ids of the deliveries to be sent."""
    flushed = _flushed(engine, settings, key)
    if flushed.suppressed:
        _remember(engine, flushed.suppressed)
    return list(flushed.deliveries)


@patient
def _flushed(engine: Engine, settings: Settings, key: str) -> Flushed:
    with transaction(engine) as connection:
        return flush(connection, settings, key, database_now(connection))


@patient
def _remember(engine: Engine, suppressed: Mapping[str, str | None]) -> None:
    """A transaction of its own: alerts are locked before groups, and the look has locked the group."""
    with transaction(engine) as connection:
        note_muted(connection, suppressed, database_now(connection))


def adopt(connection: Connection, settings: Settings, now: datetime) -> list[str]:
    """Have firing alerts looked at by groups that they are not in yet, after the routes were changed; their keys."""
    live = or_(alerts.c.state.in_(sorted(LIVE)), alerts.c.flapping)
    found = [alert_of(row) for row in connection.execute(select(alerts).where(live).order_by(alerts.c.fingerprint))]
    chosen = select(group_members.c.group_key, group_members.c.alert_id)
    joined = chosen.join(alerts, alerts.c.id == group_members.c.alert_id).where(live)
    known = {(row.group_key, row.alert_id) for row in connection.execute(joined)}
    lost = [alert for alert in found if _groups_of(alert, settings) - known]
    return arm_all(connection, settings, [(alert, False) for alert in lost], now)


def _groups_of(alert: Alert, settings: Settings) -> set[tuple[str, str]]:
    routes = possible_routes(settings, Traits(alert.level, alert.rule_id, alert.service))
    labelled = (
        (route, group_labels(route, alert.service, alert.rule_id, alert.kind, alert.labels)) for route in routes
    )
    return {(group_key(route, labels), alert.id) for route, labels in labelled}
