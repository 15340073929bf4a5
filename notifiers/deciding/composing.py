"""A message out of alerts and events: the facts, as they stood when it was decided, without words yet."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from consistency.model import Level, parse_utc
from consistency.settings import Settings
from notifiers.alerts.alert import Alert
from notifiers.messages.message import AlertFact, Found, Message, Mostly, NoticeFact, Onset, Repaired
from notifiers.routing.routes import gravity

_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Envelope:
    """Where a message goes: the `seq`-th of its group to its channel, at `at`."""

    group_key: str
    channel: str
    seq: int
    at: datetime

    @property
    def message_id(self) -> str:
        """The same however often it is sent: `msg_` and 32 hexadecimal digits."""
        written = f"{self.group_key}|{self.channel}|{self.seq}"
        return "msg_" + hashlib.sha256(written.encode("utf-8", "replace")).hexdigest()[:32]


def compose(
    envelope: Envelope,
    settings: Settings,
    reason: str,
    alerts: Sequence[Alert],
    notices: Sequence[NoticeFact] = (),
    left_out: int = 0,
) -> Message:
    """The message; its level is that of the gravest that still fires, or else of all that it tells of."""
    facts = [fact_of(alert, settings) for alert in alerts]
    firing = [fact.level for fact in facts if fact.state == "firing"]
    levels = [*firing, *(notice.level for notice in notices)] or [fact.level for fact in facts]
    services = [*(alert.service for alert in alerts), *(notice.service for notice in notices)]
    return Message(
        id=envelope.message_id,
        thread=envelope.group_key,
        seq=envelope.seq,
        reason=reason,
        service=_listed(services),
        rule=_listed([*(fact.rule for fact in facts), *(notice.rule for notice in notices)]),
        level=max(levels, key=gravity),
        at=envelope.at,
        alerts=tuple(facts),
        notices=tuple(notices),
        left_out=left_out,
    )


def fact_of(alert: Alert, settings: Settings) -> AlertFact:
    """What a message says of an alert."""
    details = alert.details
    return AlertFact(
        id=alert.id,
        fingerprint=alert.fingerprint,
        episode=alert.episode,
        kind=alert.kind,
        rule=alert.rule_id,
        labels=alert.labels,
        level=alert.level or Level.LOW,
        state="firing" if alert.is_live else "resolved",
        summary=alert.summary,
        since=alert.starts_at or alert.fired_at or alert.updated_at,
        until=None if alert.is_live else alert.resolved_at,
        seen=alert.seen,
        numbers=details.get("numbers") or {},
        window=_window(details.get("window")),
        top=tuple(str(key) for key in details.get("top") or ()),
        mostly=Mostly.model_validate(details["mostly"]) if details.get("mostly") else None,
        onset=Onset.model_validate(details["onset"]) if details.get("onset") else None,
        found=Found.model_validate(details["found"]) if details.get("found") else None,
        silent_since=parse_utc(details["silent_since"]) if details.get("silent_since") else None,
        due_every=timedelta(seconds=details["due_every"]) if details.get("due_every") else None,
        trouble=details.get("trouble") or "",
        fix=details.get("fix") or "",
        command=details.get("command") or "",
        link=f"{settings.public_url.rstrip('/')}/alerts/{alert.id}" if settings.public_url else "",
        acked_by=alert.acked_by or "",
        resolved_by=alert.resolved_by or "",
        stale=alert.stale,
        flapping=alert.flapping,
        repaired=Repaired(**alert.repair) if alert.repair else None,
    )


def _window(written: Any) -> tuple[datetime, datetime] | None:
    if not written:
        return None
    start, end = written
    return parse_utc(start), parse_utc(end)


def _listed(names: Iterable[str]) -> str:
    """The names, each once; usually there is one."""
    return ", ".join(sorted({name for name in names if name}))[:_LONGEST]
