"""What people ask of alerts: which there are, that one is taken on, that one is over."""

import re
from collections.abc import Callable, Collection
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, select

from consistency.errors import BadRequest
from consistency.ledger.alert_tables import alerts
from consistency.model import Level
from consistency.settings import Settings
from notifiers.alerts import acting
from notifiers.alerts.alert import LIVE, Alert, AlertState, alert_of
from notifiers.alerts.changes import Changed
from notifiers.alerts.ingest import Ingested, change_all, settle
from notifiers.alerts.storing import change_known
from notifiers.alerts.words import LONGEST_NAME, optional_text, require_text

SHORTEST_PREFIX = 4
_ID = re.compile(r"[0-9a-f-]+", re.ASCII)


def find_alerts(
    connection: Connection,
    states: Collection[AlertState] = (),
    rule: str | None = None,
    level: Level | None = None,
    limit: int = 50,
    *,
    since: datetime | None = None,
    after: tuple[datetime, str] | None = None,
) -> list[Alert]:
    """The alerts that changed last, newest first; no states are all states. What never fired is not among the ended.

    `since` leaves out what changed before; `after` is the `updated_at` and `fingerprint` of the alert behind which the
    list begins.
    """
    chosen = _newest(tuple(sorted(states)), rule, level, limit)
    if since is not None:
        chosen = chosen.where(alerts.c.updated_at >= since)
    if after is not None:
        moment, fingerprint = after
        beside = (alerts.c.updated_at == moment) & (alerts.c.fingerprint > fingerprint)
        chosen = chosen.where((alerts.c.updated_at < moment) | beside)
    return [alert_of(row) for row in connection.execute(chosen)]


# Every page asks this for the same few, and putting it together takes longer than the database does.
@lru_cache(maxsize=64)
def _newest(states: tuple[AlertState, ...], rule: str | None, level: Level | None, limit: int) -> Select[Any]:
    chosen = select(alerts).where((alerts.c.state != AlertState.RESOLVED) | (alerts.c.episode > 0))
    if states:
        chosen = chosen.where(alerts.c.state.in_(states))
    if rule is not None:
        chosen = chosen.where(alerts.c.rule_id == rule)
    if level is not None:
        chosen = chosen.where(alerts.c.level == level)
    return chosen.order_by(alerts.c.updated_at.desc(), alerts.c.fingerprint).limit(limit)


def require_alert(connection: Connection, given: str) -> Alert:
    """The alert of that id or of the one id that begins so; BadRequest when there is none or more than one."""
    digits = given.strip().lower().replace("-", "")
    if not _ID.fullmatch(digits) or len(digits) < SHORTEST_PREFIX:
        raise BadRequest(f"alert: {given[:60]!r} is no alert's id; give its first digits, at least {SHORTEST_PREFIX}")
    begins = alerts.c.fingerprint.like(f"{digits}%")
    found = [alert_of(row) for row in connection.execute(select(alerts).where(begins).limit(2))]
    if not found:
        raise BadRequest(f"alert: there is no alert {given[:60]}; `reconcilery alerts list` shows them")
    if len(found) > 1:
        raise BadRequest(f"alert: more than one begins with {given[:60]}, such as {found[0].id} and {found[1].id}")
    return found[0]


def acknowledge(
    connection: Connection,
    settings: Settings,
    given: str,
    who: str,
    now: datetime,
    *,
    until: datetime | None = None,
    note: str = "",
) -> Alert:
    """Take an alert on until then (`ack_for` from now unless said): no repetition and no escalation meanwhile."""
    name, said = require_text("by", who, LONGEST_NAME), optional_text("note", note)
    end = now + settings.ack_for if until is None else until
    return _act(connection, settings, given, lambda alert: acting.acknowledge(alert, name, end, said, now), now)


def resolve(
    connection: Connection, settings: Settings, given: str, who: str, now: datetime, *, note: str = ""
) -> Alert:
    """Say that an alert is over; it reopens when it is seen bad again."""
    name, said = require_text("by", who, LONGEST_NAME), optional_text("note", note)
    return _act(connection, settings, given, lambda alert: acting.resolve_by(alert, name, said, now), now)


def _act(
    connection: Connection, settings: Settings, given: str, act: Callable[[Alert], Changed], now: datetime
) -> Alert:
    alert = require_alert(connection, given)
    changed = change_known(connection, alert, act)
    settle(connection, settings, [changed], now)
    return changed.alert or alert


def expire_acks(connection: Connection, settings: Settings, now: datetime) -> Ingested:
    """Give back to everybody what was taken on for a time that is over."""
    due = alerts.c.state.in_(sorted(LIVE)) & (alerts.c.acked_until <= now)
    return change_all(connection, settings, due, lambda alert: acting.ack_expired(alert, now), now)
