"""Silences: for a time, alerts that fit are not told; whoever wants that says so with a name, a reason and an end."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, insert, select, update

from consistency.errors import BadRequest
from consistency.ledger.alert_tables import alerts, silences
from consistency.model import CheckType, Level, utc_text
from consistency.setting_sources import did_you_mean
from consistency.settings import Settings
from notifiers.alerts.alert import LIVE, Alert, alert_of
from notifiers.alerts.handling import SHORTEST_PREFIX, require_alert
from notifiers.alerts.kinds import KINDS
from notifiers.alerts.words import LONGEST_NAME, require_text
from notifiers.routing.groups import arm_all

MATCHERS = ("rule", "service", "kind", "level", "check", "alert", "fingerprint")
_LONGEST_VALUE = 200


@dataclass(frozen=True)
class Silence:
    """Silent from `starts_at` until `ends_at` are alerts that all `matchers` fit; their values may end in *."""

    id: str
    matchers: dict[str, str]
    starts_at: datetime
    ends_at: datetime
    author: str
    reason: str
    created_at: datetime
    ended_at: datetime | None = None
    ended_by: str | None = None

    def is_live(self, now: datetime) -> bool:
        return self.ended_at is None and self.starts_at <= now < self.ends_at

    def fits(self, alert: Alert) -> bool:
        """Whether all matchers fit."""
        facts = {
            "rule": alert.rule_id,
            "service": alert.service,
            "kind": alert.kind,
            "level": str(alert.level or ""),
            "check": alert.labels.get("check", ""),
            "alert": alert.id,
            "fingerprint": alert.fingerprint,
        }
        return all(_fits(pattern, facts.get(name, "")) for name, pattern in self.matchers.items())


def silenced_by(alert: Alert, known: Iterable[Silence], now: datetime) -> Silence | None:
    """The silence that keeps the alert from being told now; of several, the one that ends last."""
    found = [silence for silence in known if silence.is_live(now) and silence.fits(alert)]
    return max(found, key=lambda silence: silence.ends_at, default=None)


def _fits(pattern: str, value: str) -> bool:
    return value.startswith(pattern[:-1]) if pattern.endswith("*") else value == pattern


def add_silence(
    connection: Connection,
    settings: Settings,
    matchers: Mapping[str, str],
    author: str,
    reason: str,
    now: datetime,
    *,
    ends_at: datetime | None,
    starts_at: datetime | None = None,
) -> Silence:
    """Silence what fits, from now unless said; BadRequest for what nobody can have meant."""
    begins = now if starts_at is None else starts_at
    silence = Silence(
        id=str(uuid4()),
        matchers=_checked(connection, settings, matchers),
        starts_at=begins,
        ends_at=_end(begins, ends_at, now),
        author=require_text("by", author, LONGEST_NAME),
        reason=require_text("reason", reason),
        created_at=now,
    )
    values = silence.__dict__ | {"matchers": json.dumps(silence.matchers, ensure_ascii=False, sort_keys=True)}
    connection.execute(insert(silences).values(values))
    return silence


def _end(begins: datetime, ends_at: datetime | None, now: datetime) -> datetime:
    if ends_at is None:
        raise BadRequest("end: a silence needs an end, so that nobody forgets it; say how long or until when")
    if ends_at <= now:
        raise BadRequest(f"end: {utc_text(ends_at)} is over already; give a time to come")
    if ends_at <= begins:
        raise BadRequest(f"end: {utc_text(ends_at)} is not after the start, {utc_text(begins)}")
    return ends_at


def _checked(connection: Connection, settings: Settings, matchers: Mapping[str, str]) -> dict[str, str]:
    if not matchers:
        raise BadRequest(f"matchers: name what is to be silent, by {', '.join(MATCHERS)}")
    known: dict[str, list[str]] = {
        "rule": [rule.id for rule in settings.rules],
        "level": [str(level) for level in Level],
        "kind": list(KINDS),
        "check": [str(kind) for kind in CheckType if kind is not CheckType.RANGE],
    }
    checked = {}
    for name, given in matchers.items():
        if name not in MATCHERS:
            raise BadRequest(f"matchers: there is no {name[:60]!r}{did_you_mean(name, MATCHERS)}")
        value = require_text(name, given, _LONGEST_VALUE)
        if name in known and not any(_fits(value, each) for each in known[name]):
            hint = did_you_mean(value, known[name]) or f"; known are {', '.join(known[name])}"
            raise BadRequest(f"{name}: nothing is called {value!r}{hint}")
        checked[name] = require_alert(connection, value).id if name == "alert" and not value.endswith("*") else value
    return checked


def end_silence(connection: Connection, settings: Settings, silence_id: str, who: str, now: datetime) -> Silence:
    """End a silence before its time, and have what it kept back looked at; BadRequest when it is over or unknown."""
    name = require_text("by", who, LONGEST_NAME)
    silence = _require_silence(connection, silence_id)
    mine = (silences.c.id == silence.id) & silences.c.ended_at.is_(None) & (silences.c.ends_at > now)
    if not connection.execute(update(silences).where(mine).values(ended_at=now, ended_by=name)).rowcount:
        raise BadRequest(f"silence: {silence.id} is over already")
    rows = connection.execute(select(alerts).where(alerts.c.state.in_(sorted(LIVE))))
    kept_back = [(alert, False) for alert in map(alert_of, rows) if silence.fits(alert)]
    if kept_back:
        arm_all(connection, settings, kept_back, now)
    return _require_silence(connection, silence.id)


def _require_silence(connection: Connection, given: str) -> Silence:
    begin = given.strip().lower()
    found = [silence for silence in find_silences(connection) if silence.id.startswith(begin)]
    if not found or len(begin) < SHORTEST_PREFIX:
        raise BadRequest(
            f"silence: there is no silence {given[:60]!r}; give at least {SHORTEST_PREFIX} digits of its id,"
            " which `reconcilery alerts silences` shows"
        )
    if len(found) > 1:
        raise BadRequest(f"silence: more than one begins with {given[:60]}; give more of its id")
    return found[0]


def live_silences(connection: Connection, now: datetime) -> list[Silence]:
    """Those that hold now, the one that ends first at first."""
    chosen = select(silences).where(
        silences.c.ends_at > now, silences.c.starts_at <= now, silences.c.ended_at.is_(None)
    )
    return [_silence(row) for row in connection.execute(chosen.order_by(silences.c.ends_at))]


def find_silences(connection: Connection, since: datetime | None = None) -> list[Silence]:
    """All, or those that were not over at `since`, newest first."""
    chosen = select(silences).order_by(silences.c.created_at.desc(), silences.c.id)
    if since is not None:
        chosen = chosen.where(silences.c.ends_at > since, silences.c.ended_at.is_(None))
    return [_silence(row) for row in connection.execute(chosen)]


def _silence(row: Row[Any]) -> Silence:
    values = dict(row._mapping)  # noqa: SLF001 - the public name of a row's dictionary
    return Silence(**(values | {"matchers": json.loads(values["matchers"])}))
