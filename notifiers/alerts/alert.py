"""An alert: one thing that can be wrong, how it stands now, and who has taken it on."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from consistency.model import Level


class AlertState(StrEnum):
    """How an alert stands; people are told of what fires and of what is resolved after it has fired."""

    PENDING = "pending"  # seen, but not often enough to be told
    FIRING = "firing"
    RESOLVING = "resolving"  # good again, but not for long enough to be told
    RESOLVED = "resolved"  # over; with episode 0 it never fired


#: The states that count as firing for people.
LIVE = frozenset({AlertState.FIRING, AlertState.RESOLVING})


@dataclass(frozen=True, kw_only=True)
class Alert:
    """An alert as it stands in the ledger.

    `level` rises at once and falls when three bad observations in a row were milder. `details` holds `numbers`,
    `window` (two texts), `top`, `mostly`, `onset`, `check_id`, `verdict`, `command`, `fix`, `findings`,
    `silent_since`, `due_every` (seconds) and `trouble`, each where known.
    `repair` holds `run_id`, `restored` and `wanted`. `updated_at` is when it last changed in a way that somebody may
    have to be told of.
    """

    id: str
    fingerprint: str
    service: str
    rule_id: str
    kind: str
    labels: dict[str, str]
    state: AlertState
    episode: int
    level: Level | None
    summary: str
    details: dict[str, Any]
    starts_at: datetime | None = None
    fired_at: datetime | None = None
    good_since: datetime | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    observed_at: datetime | None
    last_seen_at: datetime
    every: timedelta | None
    bad_streak: int = 0
    good_streak: int = 0
    seen: int = 0
    recent: str = ""
    flapping: bool = False
    stale: bool = False
    acked_by: str | None = None
    acked_at: datetime | None = None
    acked_until: datetime | None = None
    ack_note: str | None = None
    suppressed_by: str | None = None
    repair: dict[str, Any] | None = None
    version: int = 1
    updated_at: datetime

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def times_seen(self) -> int:
        """How often it was bad since it began or came back; `seen` is of the last episode until the next has fired."""
        return self.bad_streak if self.state is AlertState.PENDING else self.seen

    def is_acked(self, now: datetime) -> bool:
        """Whether somebody has taken it on, and not too long ago."""
        return self.acked_until is not None and now < self.acked_until


def alert_id(fingerprint: str) -> str:
    """The id of the alert with this fingerprint: the same digits, written as a UUID."""
    return str(UUID(hex=fingerprint))


def alert_of(row: Row[Any]) -> Alert:
    """The alert of a row of the table of alerts."""
    values = dict(row._mapping)  # noqa: SLF001 - the public name of a row's dictionary
    every, repair = values["every"], values["repair"]
    parsed = {
        "labels": json.loads(values["labels"]),
        "details": json.loads(values["details"]),
        "repair": json.loads(repair) if repair else None,
        "state": AlertState(values["state"]),
        "level": Level(values["level"]) if values["level"] else None,
        "every": timedelta(seconds=every) if every is not None else None,
    }
    return Alert(**(values | parsed))


def row_of(alert: Alert) -> dict[str, Any]:
    """The values of its row."""
    written = {
        "summary": alert.summary[:500],
        "labels": json.dumps(alert.labels, ensure_ascii=False, sort_keys=True),
        "details": json.dumps(alert.details, ensure_ascii=False),
        "repair": json.dumps(alert.repair, ensure_ascii=False) if alert.repair else None,
        "every": int(alert.every.total_seconds()) if alert.every is not None else None,
    }
    return alert.__dict__ | written
