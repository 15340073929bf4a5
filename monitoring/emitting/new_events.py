"""Makes an event of what a program hands over: checked, and drafted at once, so that no later change reaches it."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from consistency.event_checks import (
    check_level,
    check_message,
    check_service,
    check_table,
    check_time,
    check_type,
    check_type_name,
    draft,
)
from consistency.event_ids import new_event_id
from consistency.events import Draft, Event


class NewEvents:
    """`service` is who speaks unless an event says otherwise; `types` are known beside the built-in ones."""

    def __init__(self, service: str, types: Iterable[str] = ()) -> None:
        self.service = check_service(service)
        self._types = frozenset(types)
        self._second: tuple[int, str] = (-1, "")

    def know(self, name: str) -> str:
        """Let events have this type from now on; the name in lower case."""
        known = check_type_name(name)
        self._types |= {known}
        return known

    def speak_as(self, service: str) -> None:
        """Who speaks from now on; BadEvent for a name that none may have."""
        self.service = check_service(service)

    def known(self, names: str | Iterable[str]) -> frozenset[str]:
        """These types in lower case; BadEvent for the first that is unknown."""
        listed = (names,) if isinstance(names, str) else names
        return frozenset(check_type(name, self._types) for name in listed)

    def make(
        self,
        event_type: str,
        level: str,
        message: str,
        details: Any = None,
        metrics: Any = None,
        service: str | None = None,
        timestamp: datetime | str | None = None,
    ) -> tuple[Event, Draft]:
        """The event, and the same out of reach of later changes; BadEvent names the argument that is wrong."""
        event = Event(
            self._now() if timestamp is None else check_time(timestamp),
            check_type(event_type, self._types),
            check_level(level),
            self.service if service is None else check_service(service),
            check_message(message),
            check_table("details", details),
            check_table("metrics", metrics),
            new_event_id(),
        )
        return event, draft(event)

    def _now(self) -> str:
        """The same text as `event_time`, of which only the milliseconds are written anew within a second."""
        second, thousandths = divmod(time.time_ns() // 1_000_000, 1000)
        known, text = self._second
        if known != second:
            text = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
            self._second = second, text
        return f"{text}.{thousandths:03d}Z"
