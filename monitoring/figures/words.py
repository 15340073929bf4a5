"""What services said last of their health, their speed and their storage."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from consistency.events import Event, EventType, event_object
from consistency.ledger.event_tables import events
from consistency.model import utc_text

#: What was said longer ago says nothing of today.
SPAN = timedelta(days=1)
HEALTH = (EventType.HEALTH_CHECK,)
WARNINGS = (EventType.PERFORMANCE_WARNING, EventType.STORAGE_WARNING)
#: Of so many events of one type and service the latest are looked at, and of so many services.
_LOOKED_AT = 20
_MOST_GROUPS = 100
#: What in the details tells the things apart of which one service speaks.
_PARTS = ("rule", "check", "component", "host", "folder", "path")
_LONGEST = 200

#: An event type and a service.
Voice = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Word:
    """The latest event of its type about one part of a service; `part` is empty where the details name none."""

    event_type: str
    service: str
    part: str
    level: str
    message: str
    at: datetime
    metrics: Mapping[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return {
            "service": self.service,
            "part": self.part,
            "level": self.level,
            "message": self.message,
            "metrics": dict(self.metrics),
            "at": utc_text(self.at),
        }


def words_of(newest_first: Iterable[tuple[datetime, Event]]) -> list[Word]:
    """The latest word on each part of each service, out of events and when they happened."""
    found: dict[tuple[str, str, str], Word] = {}
    for at, event in newest_first:
        found.setdefault((event.event_type, event.service, _part(event)), _word(at, event))
    return [found[key] for key in sorted(found)]


def read_words(connection: Connection, now: datetime) -> tuple[list[Word], dict[Voice, int]]:
    """The latest words of the last day, and how often each service has said something of that type."""
    chosen = events.c.event_type.in_([*HEALTH, *WARNINGS]) & (events.c.occurred_at >= now - SPAN)
    counted = select(events.c.event_type, events.c.service, func.count().label("times")).where(chosen)
    newest = func.max(events.c.occurred_at).desc()
    grouped = counted.group_by(events.c.event_type, events.c.service).order_by(newest).limit(_MOST_GROUPS)
    counts = {(row.event_type, row.service): int(row.times) for row in connection.execute(grouped)}
    said = [event for voice in sorted(counts) for event in _latest(connection, voice, now)]
    return words_of(said), counts


def _latest(connection: Connection, voice: Voice, now: datetime) -> list[tuple[datetime, Event]]:
    event_type, service = voice
    mine = (events.c.event_type == event_type) & (events.c.service == service) & (events.c.occurred_at >= now - SPAN)
    chosen = select(events.c.occurred_at, events.c.body).where(mine)
    newest = chosen.order_by(events.c.occurred_at.desc(), events.c.id.desc()).limit(_LOOKED_AT)
    return [(row.occurred_at, event_object(json.loads(row.body))) for row in connection.execute(newest)]


def _word(at: datetime, event: Event) -> Word:
    return Word(event.event_type, event.service, _part(event), event.level, event.message, at, event.metrics)


def _part(event: Event) -> str:
    named = (event.details.get(name) for name in _PARTS)
    return " ".join(name for name in named if isinstance(name, str) and name)[:_LONGEST]
