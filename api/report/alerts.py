"""What people were told in a window: every time an alert fired, how it went on, and what each channel did with it."""

import json
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from consistency.ledger.alert_tables import alert_changes, alerts
from consistency.ledger.delivery_tables import deliveries
from consistency.model import Level, Window, utc_text
from notifiers.alerts.alert import LIVE
from notifiers.alerts.changes import What
from notifiers.deliveries.states import OPEN, DeliveryState

MOST_ALERTS = 100
#: More changes and messages than these are a flood, of which the newest are looked at.
MOST_CHANGES, MOST_MESSAGES = 5000, 2000
_BEGINNINGS = frozenset({What.FIRED, What.REOPENED})
#: What is known of a silent checker or service, and of a broken channel.
_ABOUT_US = ("silent_since", "due_every", "trouble")
_RANKS = {level: rank for rank, level in enumerate(Level)}

Key = tuple[str, int]


@dataclass
class _Episode:
    """One time that an alert fired, as its changes tell it."""

    row: Row[Any]
    fired_at: datetime | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    level: Level | None = None
    summary: str = ""
    numbers: dict[str, Any] = field(default_factory=dict)
    found: dict[str, Any] | None = None
    about_us: dict[str, Any] = field(default_factory=dict)
    acked: list[dict[str, Any]] = field(default_factory=list)

    def take(self, change: Row[Any]) -> None:
        payload, level = json.loads(change.payload), Level(change.level) if change.level else None
        if change.change in _BEGINNINGS:
            self.fired_at, self.resolved_at = self.fired_at or change.at, None
            self.say(payload)
        if change.change == What.RESOLVED:
            self.resolved_at, self.resolved_by = change.at, change.actor
        if change.change == What.ACKNOWLEDGED:
            self.acked.append({"at": utc_text(change.at), "by": change.actor, "note": payload.get("note") or None})
        if level and (self.level is None or _RANKS[level] > _RANKS[self.level]):
            self.level = level
            self.say(payload)

    def say(self, payload: dict[str, Any]) -> None:
        """What was seen when it was at its worst."""
        if payload.get("summary"):
            self.summary, self.found = payload["summary"], payload.get("found")
            self.about_us = {name: payload.get(name) for name in _ABOUT_US}
        self.numbers = payload.get("numbers") or self.numbers


def alerts_of(connection: Connection, rule_id: str, window: Window) -> list[dict[str, Any]]:
    """The alerts of the rule, and those of no rule, that fired or were still firing in the window, newest first."""
    episodes = {key: each for key, each in _episodes(connection, rule_id, window).items() if _is_within(each, window)}
    told = _told(connection, window, episodes)
    newest = sorted(episodes.items(), key=lambda item: item[1].fired_at or window.start, reverse=True)
    return [_row(each, key, told.get(key, {})) for key, each in newest[:MOST_ALERTS]]


def _episodes(connection: Connection, rule_id: str, window: Window) -> dict[Key, _Episode]:
    chosen = select(alerts).where(alerts.c.rule_id.in_([rule_id, ""]), alerts.c.episode > 0)
    recent = or_(alerts.c.last_seen_at >= window.start, alerts.c.state.in_(sorted(LIVE)))
    rows = {row.id: row for row in connection.execute(chosen.where(recent))}
    changes = select(alert_changes).where(alert_changes.c.alert_id.in_(sorted(rows)), alert_changes.c.at < window.end)
    newest = connection.execute(changes.order_by(alert_changes.c.id.desc()).limit(MOST_CHANGES)).all()
    found: dict[Key, _Episode] = {}
    for change in reversed(newest):
        if change.episode:
            key = (change.alert_id, change.episode)
            found.setdefault(key, _Episode(rows[change.alert_id])).take(change)
    return found | _still_firing(rows.values(), window, found)


def _still_firing(rows: Iterable[Row[Any]], window: Window, known: Container[Key]) -> dict[Key, _Episode]:
    """Those that fire for so long that their changes are forgotten."""
    live = (row for row in rows if row.state in LIVE and row.fired_at and row.fired_at < window.end)
    return {
        (row.id, row.episode): _Episode(row, row.fired_at, level=Level(row.level) if row.level else None)
        for row in live
        if (row.id, row.episode) not in known
    }


def _is_within(episode: _Episode, window: Window) -> bool:
    return episode.resolved_at is None or episode.resolved_at >= window.start


def _row(episode: _Episode, key: Key, told: dict[str, dict[str, Any]]) -> dict[str, Any]:
    row, is_latest = episode.row, key[1] == episode.row.episode
    return {
        "id": row.id,
        "episode": key[1],
        "kind": row.kind,
        "labels": json.loads(row.labels),
        "level": str(episode.level) if episode.level else None,
        "summary": episode.summary or row.summary,
        "numbers": episode.numbers,
        "found": episode.found,
        **{name: episode.about_us.get(name) for name in _ABOUT_US},
        "fired_at": utc_text(episode.fired_at) if episode.fired_at else None,
        "resolved_at": utc_text(episode.resolved_at) if episode.resolved_at else None,
        "resolved_by": episode.resolved_by,
        "seen": row.seen if is_latest else None,
        "acknowledged": episode.acked,
        "untold_because": row.suppressed_by if is_latest and episode.resolved_at is None else None,
        "repair": json.loads(row.repair) if is_latest and row.repair else None,
        "told": [{"channel": channel, **told[channel]} for channel in sorted(told)],
    }


def _told(connection: Connection, window: Window, wanted: Iterable[Key]) -> dict[Key, dict[str, dict[str, Any]]]:
    """By alert and channel: how many messages were sent, wait or were given up, when the first went, and why not."""
    keys = set(wanted)
    found: dict[Key, dict[str, dict[str, Any]]] = {}
    if not keys:
        return found
    columns = (deliveries.c[name] for name in ("channel", "state", "message", "finished_at", "ended_because"))
    within = (deliveries.c.created_at >= window.start) & (deliveries.c.created_at < window.end)
    newest = select(*columns).where(within).order_by(deliveries.c.created_at.desc(), deliveries.c.seq.desc())
    for row in reversed(connection.execute(newest.limit(MOST_MESSAGES)).all()):
        for key in keys & _keys_in(row.message):
            _count(found.setdefault(key, {}), row)
    return found


def _keys_in(message: str) -> set[Key]:
    return {(alert["id"], alert["episode"]) for alert in json.loads(message).get("alerts", ())}


def _count(channels: dict[str, dict[str, Any]], row: Row[Any]) -> None:
    empty = {"sent": 0, "waiting": 0, "given_up": 0, "first_sent_at": None, "why": None}
    channel = channels.setdefault(row.channel, empty)
    if row.state == DeliveryState.SENT:
        channel["sent"] += 1
        channel["first_sent_at"] = channel["first_sent_at"] or utc_text(row.finished_at)
    elif row.state in OPEN:
        channel["waiting"] += 1
    elif row.state == DeliveryState.DEAD:
        channel["given_up"] += 1
        channel["why"] = row.ended_because
