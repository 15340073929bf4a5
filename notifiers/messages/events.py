"""A message as one event of the interface that other services use: seven keys in their order, words in lower case."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from consistency.events import EVENT_LEVELS, event_time
from consistency.model import Level
from notifiers.messages.message import AlertFact, Message, NoticeFact
from notifiers.messages.wording import Wording

LONGEST_HEADLINE = 2000

#: Alerts about the data are results of a check; all others are about what watches and tells.
_ABOUT_DATA = {"missing_outputs", "finding"}
_GRAVEST_FIRST = tuple(reversed(Level))


def our_event(
    event_type: str,
    level: Level,
    *,
    service: str,
    rule: str,
    message: str,
    at: datetime,
    details: dict[str, Any],
    metrics: Mapping[str, float | int] = MappingProxyType({}),
) -> NoticeFact:
    """An event of our own, with the body that receivers get; `message` is for those who know no words for its type."""
    body = {
        "timestamp": event_time(at),
        "event_type": event_type,
        "level": EVENT_LEVELS[level],
        "service": service,
        "message": message,
        "details": details,
        "metrics": dict(metrics),
    }
    return NoticeFact(event_type=event_type, level=level, service=service, rule=rule, message=message, at=at, body=body)


def event_of(message: Message, headline: str = "") -> dict[str, Any]:
    """A notice alone is the event that its sender wrote; everything else is one event about all that is told.

    `headline` is the text of the event where we write it ourselves.
    """
    if _is_sent_as_it_is(message):
        return _sent(message.notices[0])
    told = _gravest_first(message)
    return {
        "timestamp": event_time(message.at),
        "event_type": _type(message),
        "level": _level(message),
        "service": message.service,
        "message": headline or _headline(message, told),
        "details": _details(message, told),
        "metrics": _metrics(message),
    }


def worded_event(message: Message, wording: Wording) -> dict[str, Any]:
    """The same with a headline in the channel's language, or by the user's own template."""
    if _is_sent_as_it_is(message):
        return event_of(message)
    headline = wording.text(message, LONGEST_HEADLINE) if wording.template else wording.title(message)
    return event_of(message, headline)


def _is_sent_as_it_is(message: Message) -> bool:
    return len(message.notices) == 1 and not message.alerts and not message.left_out


def _sent(notice: NoticeFact) -> dict[str, Any]:
    if notice.body:
        return dict(notice.body)
    return {
        "timestamp": event_time(notice.at),
        "event_type": notice.event_type,
        "level": EVENT_LEVELS[notice.level],
        "service": notice.service,
        "message": notice.message,
        "details": {"rule": notice.rule} if notice.rule else {},
        "metrics": {},
    }


def _gravest_first(message: Message) -> list[AlertFact]:
    return sorted(message.alerts, key=lambda alert: (alert.state != "firing", _GRAVEST_FIRST.index(alert.level)))


def _type(message: Message) -> str:
    if message.alerts:
        return "health_check" if any(alert.kind in _ABOUT_DATA for alert in message.alerts) else "service_status"
    types = {notice.event_type for notice in message.notices}
    return types.pop() if len(types) == 1 else "service_status"


def _level(message: Message) -> str:
    levels = [alert.level for alert in message.firing] + [notice.level for notice in message.notices]
    over = message.alerts and not levels
    return "info" if over else EVENT_LEVELS[min(levels or [message.level], key=_GRAVEST_FIRST.index)]


def _headline(message: Message, told: list[AlertFact]) -> str:
    if len(told) == 1:
        return told[0].summary if message.firing else f"resolved: {told[0].summary}"
    if told:
        return f"{len(message.firing)} firing, {len(message.resolved)} resolved: {told[0].summary}"
    if message.notices:
        return f"{len(message.notices) + message.left_out} events, the latest: {message.notices[-1].message}"
    return f"{message.reason}: a message without news"


def _details(message: Message, told: list[AlertFact]) -> dict[str, Any]:
    details: dict[str, Any] = {
        "message_id": message.id,
        "thread": message.thread,
        "reason": message.reason,
        "rule": message.rule,
    }
    if message.instead_of:
        details["instead_of"] = message.instead_of
    if told:
        details["alerts"] = [alert.model_dump(mode="json") for alert in told]
    if message.notices:
        details["events"] = [_sent(notice) for notice in message.notices]
    if message.left_out:
        details["left_out"] = message.left_out
    return details


def _metrics(message: Message) -> dict[str, float | int]:
    numbers = dict(message.alerts[0].numbers) if len(message.alerts) == 1 else {}
    return {"firing": len(message.firing), "resolved": len(message.resolved), **numbers}
