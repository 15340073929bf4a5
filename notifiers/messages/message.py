"""What a channel is given to tell: the facts of one message, without words yet, kept as JSON with its delivery."""

from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from consistency.model import Level

Window = tuple[datetime, datetime]


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Repaired(_Fact):
    """What a repair did about an alert: of `wanted` tasks `restored` are back; `run_id` can be rolled back."""

    run_id: str
    restored: int
    wanted: int


class Onset(_Fact):
    """When the share of tasks with an output fell, and from what to what (0 to 1); `until` is set if it rose again."""

    at: datetime
    until: datetime | None = None
    rate_before: float
    rate_after: float


class Mostly(_Fact):
    """For whom outputs are missing: `missing` of `of` tasks have this value, None for NULL, in the column."""

    column: str
    value: str | None
    missing: int
    of: int


class Found(_Fact):
    """The gravest finding of its source as it was written, and how many `more` there were.

    One of the product's own has a `code` and the `values` to word it anew.
    """

    message: str
    code: str = ""
    values: dict[str, Any] = {}
    more: int = 0


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
    window: Window | None = None
    #: The keys of some affected tasks.
    top: tuple[str, ...] = ()
    mostly: Mostly | None = None
    onset: Onset | None = None
    found: Found | None = None
    #: Of a silent checker: since when no whole check has ended, and how often one is due.
    silent_since: datetime | None = None
    due_every: timedelta | None = None
    #: Of a broken channel: what it answered.
    trouble: str = ""
    #: What whoever found it says to do.
    fix: str = ""
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
    #: The id of an event of the product itself; empty for one of another service.
    own_id: str = ""

    @property
    def details(self) -> dict[str, Any]:
        """What else its sender wrote of it; empty where that is no table."""
        return _table(self.body.get("details"))

    @property
    def metrics(self) -> dict[str, Any]:
        """The same for its numbers."""
        return _table(self.body.get("metrics"))


class Message(_Fact):
    """One message to one channel. `id` is the same at every attempt; `thread` at every message of the group."""

    id: str
    thread: str
    seq: int
    #: Why it is sent: first, new_alerts, severity_up, some_resolved, all_resolved, repeat, ack_expired, escalated,
    #: unsilenced, reopened, flapping, event, test, fallback.
    reason: str
    service: str
    rule: str
    level: Level
    at: datetime
    alerts: tuple[AlertFact, ...] = ()
    notices: tuple[NoticeFact, ...] = ()
    #: So many events more, none of them graver.
    left_out: int = 0
    #: The channel that should have told this and is broken.
    instead_of: str = ""

    @property
    def firing(self) -> tuple[AlertFact, ...]:
        return tuple(alert for alert in self.alerts if alert.state == "firing")

    @property
    def resolved(self) -> tuple[AlertFact, ...]:
        return tuple(alert for alert in self.alerts if alert.state == "resolved")


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
