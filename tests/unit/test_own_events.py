"""The events of the product's own checks and repairs."""

from datetime import timedelta
from typing import Any

import pytest

from consistency.event_checks import check_wanted_type, seal
from consistency.events import OWN_TYPES
from consistency.ledger.repair_events import RepairEvent
from notifiers.own_events import check_event, repair_event
from notifiers.repair_notices import TOLD, notice_of
from notifiers.repairs import RepairEnd
from tests.factories.observing import BEGIN
from tests.factories.reports import report_of


def test_a_check_is_a_health_check_with_its_numbers() -> None:
    event = check_event(report_of(31, check_id="c1"), "studio")
    assert (event.id, event.event_type, event.service) == ("check-c1", "health_check", "studio")
    assert (event.level, event.details["health"]) == ("warning", "degraded")
    assert event.metrics == {
        "tasks": 378,
        "tasks_with_outputs": 347,
        "missing": 31,
        "late": 6,
        "completion_rate": pytest.approx(0.918, abs=0.001),
        "coverage": 1.0,
    }
    assert event.message.startswith("degraded: 91.8 % of 378")
    assert seal(event).read() == event


#: How many of 378 tasks lack their output, of which check; the event's level.
LEVELS: list[tuple[int, str, str]] = [
    (0, "quick", "info"),
    (31, "quick", "warning"),
    (300, "deep", "error"),
    (300, "range", "info"),  # Somebody has looked at the past.
]


@pytest.mark.parametrize(("missing", "kind", "level"), LEVELS)
def test_the_level_is_by_the_health(missing: int, kind: str, level: str) -> None:
    assert check_event(report_of(missing, kind=kind), "studio").level == level


def test_what_could_not_be_measured_is_left_out() -> None:
    report = report_of(0, tasks=0, health="unknown", completion_rate=None)
    event = check_event(report, "studio")
    assert (event.level, "completion_rate" in event.metrics) == ("warning", False)


def end_of(kind: str, **payload: Any) -> RepairEnd:
    event = RepairEvent(7, "run-1", 3, kind, "ann", payload, BEGIN + timedelta(hours=1), None)
    return RepairEnd(event, "task-outputs", None)


@pytest.mark.parametrize("kind", sorted(TOLD))
def test_what_people_hear_of_a_repair_is_the_event_that_is_kept(kind: str) -> None:
    end = end_of(kind, counts={"done": 3, "no_output": 1}, after={"missing": 1})
    notice = notice_of(end, "studio")
    assert notice is not None
    event = repair_event(end, notice, "studio")
    assert event.body() == notice.body
    assert (event.id, event.event_type) == ("repair-run-1-3", f"repair_{kind}")


def test_a_step_of_a_repair_is_kept_as_worth_knowing() -> None:
    event = repair_event(end_of("rolling_back", planned=12, reason="asked"), None, "studio")
    assert (event.level, event.message) == ("info", "Repair run-1 is rolling back")
    assert event.details == {"run_id": "run-1", "rule": "task-outputs", "by": "ann"}
    assert event.metrics == {"planned": 12}


@pytest.mark.parametrize("name", OWN_TYPES)
def test_everything_that_happens_to_repairs_has_a_type_that_can_be_asked_for(name: str) -> None:
    assert check_wanted_type(name) == name
