"""Everything that is known of the services in one object, how they are first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from consistency.ledger.pulses import Pulse, all_pulses
from consistency.model import utc_text
from consistency.settings import Settings
from monitoring.figures.liveness import services_of
from monitoring.figures.problems import MOST_PROBLEMS, health_of, problems_of
from monitoring.figures.reading import cleanup_metrics, migration_metrics, sync_metrics
from monitoring.figures.words import WARNINGS, Voice, Word, read_words

SYNC_HOURS = 24
OTHER_DAYS = 7


@dataclass(frozen=True, slots=True)
class Known:
    """What a status is made of; `metrics` by the names that the status has for them."""

    metrics: Mapping[str, dict[str, Any]]
    pulses: Sequence[Pulse]
    words: Sequence[Word]
    counts: Mapping[Voice, int]


def comprehensive_status(connection: Connection, settings: Settings, now: datetime) -> dict[str, Any]:
    """The numbers of synchronisations of a day, of cleanups and migrations of a week, and what else the events say."""
    days = min(OTHER_DAYS, settings.event_days)
    metrics = {
        "sync_metrics": sync_metrics(connection, SYNC_HOURS, now),
        "cleanup_metrics": cleanup_metrics(connection, days, now),
        "migration_metrics": migration_metrics(connection, days, now),
    }
    return status_of(Known(metrics, all_pulses(connection), *read_words(connection, now)), now)


def status_of(known: Known, now: datetime) -> dict[str, Any]:
    """`status` is healthy, degraded or unhealthy, and unknown where nothing was heard from anybody."""
    services = services_of(known.pulses, now)
    problems = problems_of(known.metrics, services, known.words)
    return {
        "status": health_of(problems, heard=_heard(known)),
        **known.metrics,
        "services": services,
        "health_checks": [word.as_dict() for word in known.words if word.event_type not in WARNINGS],
        "warnings": [_warning(word, known.counts) for word in known.words if word.event_type in WARNINGS],
        "problems": [problem.as_dict() for problem in problems[:MOST_PROBLEMS]],
        "as_of": utc_text(now),
    }


def _heard(known: Known) -> bool:
    return bool(known.pulses or known.words or any(metrics["services"] for metrics in known.metrics.values()))


def _warning(word: Word, counts: Mapping[Voice, int]) -> dict[str, Any]:
    times = counts[word.event_type, word.service]
    return {"event_type": word.event_type, **word.as_dict(), "times_of_service": times}
