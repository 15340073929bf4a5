"""Observations become alerts, in one transaction with their history and with the call to look at their groups."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from consistency.ledger.alert_tables import alerts
from consistency.settings import Settings
from notifiers.alerts.alert import Alert, alert_of
from notifiers.alerts.changes import Change, Changed
from notifiers.alerts.changing import observe
from notifiers.alerts.kinds import FINDING
from notifiers.alerts.observation import Observation
from notifiers.alerts.reading import gone, observations_of
from notifiers.alerts.storing import UNSETTLED, change, change_known, find_alerts_by_fingerprint, write_changes
from notifiers.routing.groups import arm_all


@dataclass(frozen=True)
class Ingested:
    """The keys of the groups that are to be looked at, and what has happened to alerts."""

    groups: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()


def ingest(connection: Connection, settings: Settings, observations: Iterable[Observation], now: datetime) -> Ingested:
    """Take in what was seen; what was taken in before changes nothing.

    Alerts are locked in the order of their fingerprints and then their groups, so that nobody waits in a circle.
    """
    ordered = sorted(observations, key=lambda each: (each.fingerprint, each.at))
    known = find_alerts_by_fingerprint(connection, sorted({each.fingerprint for each in ordered}))
    changed = []
    for observation in ordered:
        mark = observation.fingerprint
        done = change(connection, mark, known.get(mark), partial(observe, observation=observation, now=now))
        changed.append(done)
        if done.alert is not None:
            known[mark] = done.alert
    return settle(connection, settings, changed, now)


def settle(connection: Connection, settings: Settings, changed: Iterable[Changed], now: datetime) -> Ingested:
    """Write the history of changed alerts and have their groups looked at."""
    changes: list[Change] = []
    armed: dict[str, tuple[Alert, bool]] = {}
    for each in changed:
        changes += each.changes
        if each.alert is not None and each.arm:
            _, urgent = armed.get(each.alert.id, (None, False))
            armed[each.alert.id] = each.alert, urgent or each.urgent
    write_changes(connection, changes)
    groups = arm_all(connection, settings, armed.values(), now) if armed else []
    return Ingested(tuple(groups), tuple(changes))


def change_all(
    connection: Connection,
    settings: Settings,
    which: ColumnElement[bool],
    act: Callable[[Alert], Changed],
    now: datetime,
) -> Ingested:
    """Let `act` change each of these alerts."""
    chosen = select(alerts).where(which).order_by(alerts.c.fingerprint)
    found = [alert_of(row) for row in connection.execute(chosen)]
    return settle(connection, settings, [change_known(connection, alert, act) for alert in found], now)


def ingest_report(connection: Connection, settings: Settings, report: dict[str, Any], now: datetime) -> Ingested:
    """Take in what a check has found, and that what it found before is gone."""
    observations = observations_of(report, settings)
    return ingest(connection, settings, observations + ended_findings(connection, settings, report), now)


def ended_findings(connection: Connection, settings: Settings, report: dict[str, Any]) -> list[Observation]:
    """A good observation for every finding that a check of this rule and type has made before and not this time."""
    mine = (alerts.c.kind == FINDING) & (alerts.c.rule_id == report["rule"]) & UNSETTLED
    found = [alert_of(row) for row in connection.execute(select(alerts).where(mine))]
    return gone(report, settings, [_thing(alert) for alert in found])


def _thing(alert: Alert) -> tuple[str, dict[str, str]]:
    return alert.service, alert.labels
