"""What the product itself has seen and done, as events beside those of other services.

People are told of it by alerts and by the messages about repairs, so these events are only kept.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from consistency.event_checks import seal
from consistency.events import Event, EventLevel, EventType, event_object, event_time
from consistency.ledger.events import store_events
from consistency.model import CheckType, Health, parse_utc
from notifiers.messages.message import NoticeFact
from notifiers.repairs import RepairEnd

_LEVELS = {
    Health.HEALTHY: EventLevel.INFO,
    Health.UNKNOWN: EventLevel.WARNING,
    Health.DEGRADED: EventLevel.WARNING,
    Health.UNHEALTHY: EventLevel.ERROR,
}

Report = Mapping[str, Any]


def keep_check(connection: Connection, report: Report, service: str, now: datetime) -> None:
    """Keep what a check has found, once."""
    store_events(connection, [seal(check_event(report, service))], now, None)


def keep_repair(connection: Connection, end: RepairEnd, notice: NoticeFact | None, service: str, now: datetime) -> None:
    """Keep what has happened to a repair, once; `notice` is what people are told of it, if they are."""
    store_events(connection, [seal(repair_event(end, notice, service))], now, None)


def check_event(report: Report, service: str) -> Event:
    """The event of a check; one of a range looks at the past, so it is never worse than worth knowing."""
    kind, health = report["type"], Health(report["health"])
    level = EventLevel.INFO if kind == CheckType.RANGE else _LEVELS[health]
    numbers = {**report["counts"], "completion_rate": report["completion_rate"], "coverage": report["coverage"]}
    return Event(
        timestamp=event_time(parse_utc(report["as_of"])),
        event_type=EventType.HEALTH_CHECK,
        level=level,
        service=service,
        message=report["verdict"],
        details={
            "rule": report["rule"],
            "check": kind,
            "health": health,
            "check_id": report["check_id"],
            "window": dict(report["window"]),
        },
        metrics={name: number for name, number in numbers.items() if number is not None},
        id=f"check-{report['check_id']}",
    )


def repair_event(end: RepairEnd, notice: NoticeFact | None, service: str) -> Event:
    """The event of a repair: what people are told of it, or else the step that it has made."""
    event = end.event
    event_id = f"repair-{event.run_id}-{event.seq}"
    if notice is not None:
        return event_object(notice.body, event_id)
    return Event(
        timestamp=event_time(event.created_at),
        event_type=f"repair_{event.type}",
        level=EventLevel.INFO,
        service=service,
        message=f"Repair {event.run_id} is {event.type.replace('_', ' ')}",
        details={"run_id": event.run_id, "rule": end.rule, "by": event.actor},
        metrics={name: number for name, number in event.payload.items() if isinstance(number, int)},
        id=event_id,
    )
