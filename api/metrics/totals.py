"""What has happened in all, counted in the own tables: checks, statements, messages, events."""

from collections.abc import Iterable, Mapping
from itertools import product

from prometheus_client.metrics_core import Metric

from api.metrics.families import Steps, by_labels, counter, histogram, steps_of, summary
from api.metrics.windows import NAMES
from consistency.events import EventLevel, EventType
from consistency.ledger.counts import Name
from consistency.model import CheckType, Health, Level
from consistency.settings import Settings
from monitoring.totals.checks import STEPS
from notifiers.channels.channel import Outcome

Sums = Mapping[Name, float]


def total_metrics(sums: Sums, settings: Settings) -> list[Metric]:
    """The families of counters. What is known to come begins with 0, so that no first one is missed."""
    rules, types = [rule.id for rule in settings.rules], [*EventType, *settings.event_types]
    checks = by_labels(sums, "checks", _texts(rules, NAMES, Health))
    attempts = by_labels(sums, "attempts", _texts(settings.channels, Outcome))
    events = by_labels(sums, "events", _texts(types, EventLevel))
    muted = by_labels(sums, "muted", _texts(Level))
    return [
        counter("checks", "Checks that have ended, by what they found.", ("rule", "check", "outcome"), checks),
        _lengths(sums),
        summary(
            "db_query_duration_seconds",
            "Statements of checks on the application's database.",
            "query",
            _plain(sums, "queries"),
            _plain(sums, "query_seconds"),
        ),
        counter("notifications", "Attempts to send a message.", ("channel", "outcome"), attempts),
        counter("alerts_suppressed", "How often an alert fired and nobody was told.", ("level",), muted),
        counter("events", "Events of services, the product's own among them.", ("type", "level"), events),
    ]


def _lengths(sums: Sums) -> Metric:
    about = "How long checks took, from the order to the report."
    lengths: dict[Name, Steps] = {}
    for kind in map(str, CheckType):
        lengths[kind,] = steps_of(sums, "check_seconds", kind, number=len(STEPS))
    return histogram("check_duration_seconds", about, ("check",), STEPS, lengths)


def _plain(sums: Sums, word: str) -> dict[str, float]:
    return {labels[0]: amount for labels, amount in by_labels(sums, word, ())}


def _texts(*words: Iterable[str]) -> list[Name]:
    return [tuple(map(str, names)) for names in product(*words)]
