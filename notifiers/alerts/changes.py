"""What happens to an alert: each change by name, and how changes are gathered while one thing leads to another."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from consistency.model import Level
from notifiers.alerts.alert import Alert

#: Who made the changes that no person made.
PRODUCT = "reconcilery"
#: The columns of an alert that nobody has taken on.
NOT_ACKED: dict[str, Any] = dict.fromkeys(("acked_by", "acked_at", "acked_until", "ack_note"))


class What(StrEnum):
    """The changes that the history of an alert is made of."""

    PENDING = "pending"
    CLEARED = "cleared"  # good again before it fired
    FIRED = "fired"
    REOPENED = "reopened"
    SEVERITY_UP = "severity_up"
    SEVERITY_DOWN = "severity_down"
    RECOVERING = "recovering"
    RELAPSED = "relapsed"
    RESOLVED = "resolved"
    REPAIRED = "repaired"  # a repair has worked on it
    FLAPPING = "flapping"
    STEADY = "steady"  # it has stopped flapping
    STALE = "stale"
    SEEN_AGAIN = "seen_again"
    ACKNOWLEDGED = "acknowledged"
    ACK_EXPIRED = "ack_expired"
    MUTED = "muted"  # it fires, but nobody is told; the payload says why


@dataclass(frozen=True)
class Change:
    """One line of an alert's history; `payload` holds what was seen or said, without secrets."""

    alert_id: str
    episode: int
    at: datetime
    what: What
    level: Level | None
    actor: str
    payload: dict[str, Any]


@dataclass(frozen=True)
class Changed:
    """The alert afterwards (None: there still is none) and what happened to it.

    `arm` asks for a look at its groups, `urgent` for one at once.
    """

    alert: Alert | None
    changes: tuple[Change, ...] = ()
    arm: bool = False
    urgent: bool = False


@dataclass
class Course:
    """An alert while changes are made to it, one after the other."""

    alert: Alert
    now: datetime
    at: datetime
    actor: str = PRODUCT
    payload: dict[str, Any] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    arm: bool = False
    urgent: bool = False

    def note(self, **columns: Any) -> None:
        """Set columns without an entry in the history."""
        self.alert = replace(self.alert, **columns)

    def change(self, what: What, *, arm: bool = False, urgent: bool = False, **columns: Any) -> None:
        """Set columns and write down what happened."""
        self.note(**columns)
        alert, arm = self.alert, arm or urgent
        entry = Change(alert.id, alert.episode, self.at, what, alert.level, self.actor, self.payload)
        self.changes.append(entry)
        self.arm, self.urgent = self.arm or arm, self.urgent or urgent

    def ended(self) -> Changed:
        """What it all comes to."""
        if self.arm:
            self.note(updated_at=self.now)
        return Changed(self.alert, tuple(self.changes), self.arm, self.urgent)
