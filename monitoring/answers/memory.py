"""Answers from what this process alone has emitted lately, where its events lead nowhere else."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from consistency.event_numbers import numbers_of
from consistency.event_times import happened_at
from consistency.events import Event, WrittenEvent
from consistency.ledger.pulses import latest_pulses
from consistency.model import utc_text
from monitoring.answers.answers import Answer
from monitoring.figures.metrics import CLEANUP, MIGRATION, SYNC, Kind, metrics_of, read_from
from monitoring.figures.operations import START, Sign
from monitoring.figures.reading import window_start
from monitoring.figures.status import OTHER_DAYS, SYNC_HOURS, Known, status_of
from monitoring.figures.words import HEALTH, SPAN, WARNINGS, words_of

#: The events that are remembered, whenever it is asked for them.
Recent = Callable[[], Sequence[WrittenEvent]]
Timed = list[tuple[datetime, Event]]


class MemoryAnswers:
    """The same answers as the ledger gives, over the events that `recent` returns."""

    def __init__(self, recent: Recent) -> None:
        self._recent = recent

    def sync_metrics(self, hours: float) -> Answer:
        return self._metrics(SYNC, "hours", hours)

    def cleanup_metrics(self, days: float) -> Answer:
        return self._metrics(CLEANUP, "days", days)

    def migration_metrics(self, days: float) -> Answer:
        return self._metrics(MIGRATION, "days", days)

    def comprehensive_status(self) -> Answer:
        now = datetime.now(UTC)
        found = self._events(now)
        metrics = {
            "sync_metrics": _metrics(SYNC, "hours", SYNC_HOURS, found, now),
            "cleanup_metrics": _metrics(CLEANUP, "days", OTHER_DAYS, found, now),
            "migration_metrics": _metrics(MIGRATION, "days", OTHER_DAYS, found, now),
        }
        told = {*HEALTH, *WARNINGS}
        said = [(at, event) for at, event in reversed(found) if event.event_type in told and at >= now - SPAN]
        counts = Counter((event.event_type, event.service) for _, event in said)
        pulses = latest_pulses((event for _, event in found), now)
        return status_of(Known(metrics, pulses, words_of(said), counts), now)

    def close(self) -> None:
        """There is nothing to close."""

    def _metrics(self, kind: Kind, unit: str, length: float) -> Answer:
        now = datetime.now(UTC)
        return _metrics(kind, unit, length, self._events(now), now)

    def _events(self, now: datetime) -> Timed:
        """In order of time; of the events of one moment starts come before ends."""
        read = [each.read() for each in self._recent()]
        timed = [(happened_at(event.timestamp, now), event) for event in read]
        return sorted(timed, key=lambda pair: (pair[0], not pair[1].event_type.endswith(START)))


def _metrics(kind: Kind, unit: str, length: float, found: Timed, now: datetime) -> Answer:
    since = window_start(unit, length, now)
    first = read_from(since, now)
    signs = [_sign(at, event) for at, event in found if at >= first and event.event_type in kind.event_types]
    times = {unit: length, "since": utc_text(since), "as_of": utc_text(now)}
    return {**times, "complete": True, **metrics_of(kind, signs, since, now)}


def _sign(at: datetime, event: Event) -> Sign:
    numbers = numbers_of(event)
    return Sign(event.event_type, event.service, at, numbers.operation, numbers.seconds, numbers.records)
