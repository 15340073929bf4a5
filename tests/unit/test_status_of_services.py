"""How everything is, from the latest that is known."""

from datetime import timedelta
from typing import Any

import pytest

from consistency.events import Event, event_time
from consistency.ledger.pulses import Life, Pulse
from consistency.model import parse_utc
from monitoring.figures.metrics import CLEANUP, MIGRATION, SYNC, metrics_of
from monitoring.figures.status import Known, status_of
from monitoring.figures.words import words_of
from tests.factories.working import BEGIN, signs

NOW = BEGIN + timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def status(happened: str = "", pulses: list[Pulse] | None = None, said: list[Event] | None = None) -> dict[str, Any]:
    metrics = {
        "sync_metrics": metrics_of(SYNC, signs(happened), BEGIN, NOW),
        "cleanup_metrics": metrics_of(CLEANUP, [], BEGIN, NOW),
        "migration_metrics": metrics_of(MIGRATION, [], BEGIN, NOW),
    }
    words = words_of((parse_utc(event.timestamp), event) for event in said or [])
    counts = {(word.event_type, word.service): 1 for word in words}
    return status_of(Known(metrics, pulses or [], words, counts), NOW)


def pulse(minutes: float, instance: str = "a:1", service: str = "datasync") -> Pulse:
    """A process that was heard so many minutes ago, and has promised a sign of life each minute."""
    return Pulse(service, instance, NOW - minutes * MINUTE, MINUTE, "running")


def word(event_type: str, level: str, minutes: float = 1, **details: Any) -> Event:
    return Event(event_time(NOW - minutes * MINUTE), event_type, level, "datasync", f"{level} it is", details)


def test_nothing_heard_is_nothing_known() -> None:
    found = status()
    assert (next(iter(found)), found["status"], found["problems"]) == ("status", "unknown", [])


#: What is known, and how things are then.
STATES: list[tuple[dict[str, Any], str]] = [
    ({"happened": "start@0 success@9"}, "healthy"),
    ({"happened": "start@0"}, "healthy"),  # It runs.
    ({"happened": "failure@1 success@2"}, "healthy"),  # What has succeeded since is well again.
    ({"happened": "success@1 failure@2"}, "degraded"),
    ({"happened": "success@1 failure@2 failure@3 failure@4"}, "unhealthy"),
    ({"happened": "start@0 success@9 start@300"}, "degraded"),  # It never ended.
    ({"pulses": [pulse(1.4)]}, "healthy"),
    ({"pulses": [pulse(2)]}, "degraded"),
    ({"pulses": [pulse(3.1)]}, "unhealthy"),
    ({"pulses": [pulse(3.1), pulse(0, "b:2")]}, "degraded"),  # One of its processes is gone.
    ({"said": [word("health_check", "info")]}, "healthy"),
    ({"said": [word("health_check", "warning")]}, "degraded"),
    ({"said": [word("health_check", "error")]}, "unhealthy"),
    ({"said": [word("health_check", "info", 1), word("health_check", "critical", 2)]}, "healthy"),  # The latest word.
    (
        {"said": [word("health_check", "info", 1, check="quick"), word("health_check", "error", 2, check="deep")]},
        "unhealthy",
    ),
    ({"said": [word("performance_warning", "warning")]}, "degraded"),
    ({"said": [word("storage_warning", "critical")]}, "unhealthy"),
    ({"said": [word("storage_warning", "info", 1), word("storage_warning", "critical", 2)]}, "healthy"),
]


@pytest.mark.parametrize(("known", "expected"), STATES)
def test_how_things_are(known: dict[str, Any], expected: str) -> None:
    found = status(**known)
    assert found["status"] == expected
    assert bool(found["problems"]) == (expected != "healthy")


def test_each_problem_names_its_service_the_gravest_first() -> None:
    found = status("failure@1", [pulse(9, service="other")], [word("storage_warning", "warning", host="db1")])
    assert [(each["health"], each["service"], each["message"]) for each in found["problems"]] == [
        ("unhealthy", "other", "nothing was heard from other since 2026-09-16T03:51:00Z"),
        ("degraded", "datasync", "storage_warning: warning it is"),
        ("degraded", "datasync", "sync of datasync: the latest attempt failed or never ended"),
    ]
    (warning,) = found["warnings"]
    assert (warning["event_type"], warning["part"], warning["times_of_service"]) == ("storage_warning", "db1", 1)


def test_a_service_is_as_alive_as_the_liveliest_of_its_processes() -> None:
    (service,) = status(pulses=[pulse(9), pulse(0.5, "b:2"), pulse(2, "c:3")])["services"]
    assert (service["service"], service["state"], service["last_heard"]) == (
        "datasync",
        "alive",
        "2026-09-16T03:59:30Z",
    )
    assert [each["state"] for each in service["instances"]] == ["silent", "alive", "late"]


#: How often a sign of life was promised, how long ago the last one was, in seconds.
LIVES: list[tuple[int, float, Life]] = [
    (60, 90, Life.ALIVE),
    (60, 91, Life.LATE),
    (60, 180, Life.LATE),
    (60, 181, Life.SILENT),
    (1, 15, Life.ALIVE),  # It may be on its way for some seconds.
    (1, 16, Life.LATE),
    (1, 31, Life.SILENT),
]


@pytest.mark.parametrize(("every", "unheard", "life"), LIVES)
def test_when_a_service_is_late_and_when_it_is_silent(every: int, unheard: float, life: Life) -> None:
    heard = Pulse("s", "i", NOW - timedelta(seconds=unheard), timedelta(seconds=every), "")
    assert heard.life(NOW) is life
