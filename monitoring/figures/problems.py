"""What is wrong, from the latest that is known: the latest word counts, and what has succeeded since is well again."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from consistency.events import EventLevel
from consistency.ledger.pulses import Life
from consistency.model import Health
from monitoring.figures.words import Word

MOST_PROBLEMS = 100
#: So many attempts that failed one after the other are no accident.
MANY_FAILURES = 3
_BY_LEVEL = {
    EventLevel.WARNING: Health.DEGRADED,
    EventLevel.ERROR: Health.UNHEALTHY,
    EventLevel.CRITICAL: Health.UNHEALTHY,
}
_GRAVEST_FIRST = [Health.UNHEALTHY, Health.DEGRADED]


@dataclass(frozen=True, slots=True)
class Problem:
    """How ill it makes the service, and what it is in one line."""

    health: Health
    service: str
    message: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def problems_of(
    metrics: Mapping[str, Mapping[str, Any]], services: Iterable[Mapping[str, Any]], words: Iterable[Word]
) -> list[Problem]:
    """All that is wrong, the gravest first."""
    found = [*_of_services(services), *_of_words(words)]
    for name, numbers in metrics.items():
        found += _of_work(name.removesuffix("_metrics"), numbers)
    return sorted(found, key=lambda problem: (_GRAVEST_FIRST.index(problem.health), problem.service))


def health_of(problems: Sequence[Problem], *, heard: bool) -> Health:
    """The health of all, given the problems, the gravest first, and whether anything was heard at all."""
    if problems:
        return problems[0].health
    return Health.HEALTHY if heard else Health.UNKNOWN


def _of_services(services: Iterable[Mapping[str, Any]]) -> Iterator[Problem]:
    for service in services:
        name, since = service["service"], service["last_heard"]
        lost = [each["instance"] for each in service["instances"] if each["state"] is Life.SILENT]
        if service["state"] is Life.SILENT:
            yield Problem(Health.UNHEALTHY, name, f"nothing was heard from {name} since {since}")
        elif service["state"] is Life.LATE:
            yield Problem(Health.DEGRADED, name, f"{name} is late; it was last heard at {since}")
        elif lost:
            yield Problem(Health.DEGRADED, name, f"a process of {name} has gone silent: {', '.join(lost[:3])}")


def _of_words(words: Iterable[Word]) -> Iterator[Problem]:
    for word in words:
        health = _BY_LEVEL.get(EventLevel(word.level))
        if health is not None:
            yield Problem(health, word.service, f"{word.event_type}: {word.message}"[:500])


def _of_work(name: str, metrics: Mapping[str, Any]) -> Iterator[Problem]:
    for numbers in metrics["services"]:
        failed, service = numbers["failed_in_a_row"], numbers["service"]
        if failed:
            health = Health.UNHEALTHY if failed >= MANY_FAILURES else Health.DEGRADED
            times = "the latest attempt" if failed == 1 else f"the latest {failed} attempts"
            yield Problem(health, service, f"{name} of {service}: {times} failed or never ended")
