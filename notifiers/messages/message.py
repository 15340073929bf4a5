"""What a channel is given to tell: the facts of one message, without words yet, kept as JSON with its delivery."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from consistency.model import Level


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Repaired(_Fact):
    """What a repair did about an alert: of `wanted` tasks `restored` are back; `run_id` can be rolled back."""

    run_id: str
    restored: int
    wanted: int


class AlertFact(_Fact):
    """One alert as it stood when the message was decided. `until` is set once it is resolved."""

    id: str
    fingerprint: str
    episode: int
    kind: str
    rule: str
    labels: dict[str, str]
    level: Level
    state: Literal["firing", "resolved"]
    summary: str
    since: datetime
    until: datetime | None = None
    #: How many observations in this episode were bad, and how many of them went untold.
    seen: int = 1
    #: Numbers of the latest observation by name, such as tasks, missing, completion_rate (0 to 1).
    numbers: dict[str, float | int] = {}
    window: tuple[datetime, datetime] | None = None
    #: The keys of some affected tasks.
    top: tuple[str, ...] = ()
    #: The next command a person would type, and where to look.
    command: str = ""
    link: str = ""
    acked_by: str = ""
    resolved_by: str = ""
    stale: bool = False
    flapping: bool = False
    repaired: Repaired | None = None


class NoticeFact(_Fact):
    """One event that has no state: told once. `body` is the event as its sender wrote it, in the shape of the seed."""

    event_type: str
    level: Level
    service: str
    rule: str
    message: str
    at: datetime
    body: dict[str, Any] = {}


class Message(_Fact):
    """One message to one channel. `id` is the same at every attempt; `thread` at every message of the group."""

    id: str
    thread: str
    seq: int
    #: Why it is sent: first, new_alerts, severity_up, some_resolved, all_resolved, repeat, escalated, unsilenced,
    #: reopened, flapping, event, test, fallback.
    reason: str
    service: str
    rule: str
    level: Level
    at: datetime
    alerts: tuple[AlertFact, ...] = ()
    notices: tuple[NoticeFact, ...] = ()
    #: The channel that should have told this and is broken.
    instead_of: str = ""

    @property
    def firing(self) -> tuple[AlertFact, ...]:
        return tuple(alert for alert in self.alerts if alert.state == "firing")

    @property
    def resolved(self) -> tuple[AlertFact, ...]:
        return tuple(alert for alert in self.alerts if alert.state == "resolved")
