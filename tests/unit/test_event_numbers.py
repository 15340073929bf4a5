"""What is counted of an event, however its sender calls it."""

from typing import Any

import pytest

from consistency.event_numbers import EventNumbers, numbers_of
from consistency.events import event_object

#: Details, metrics; the operation, seconds and records.
NUMBERS: list[tuple[dict[str, Any], dict[str, Any], tuple[str | None, float | None, int | None]]] = [
    ({}, {}, (None, None, None)),
    ({"records_synced": 1000}, {"duration_seconds": 30}, (None, 30.0, 1000)),
    ({"duration": 30.5}, {"records_synced": 1000, "duration_seconds": 31}, (None, 31.0, 1000)),  # Metrics come first.
    ({"operation_id": "a", "run_id": "b"}, {}, ("a", None, None)),
    ({"run_id": 17}, {}, ("17", None, None)),
    ({"operation_id": ""}, {}, (None, None, None)),
    ({"operation_id": True}, {}, (None, None, None)),
    ({"operation_id": None, "job_id": "j"}, {}, ("j", None, None)),
    ({"operation_id": "x" * 500}, {}, ("x" * 128, None, None)),
    ({}, {"records_deleted": 7}, (None, None, 7)),
    ({}, {"records_migrated": 7.0}, (None, None, 7)),
    ({}, {"records_synced": "many", "records": 3}, (None, None, 3)),
    ({}, {"duration_seconds": -1, "records": True}, (None, None, None)),
    ({}, {"duration_seconds": float("inf"), "records": 2**70}, (None, None, None)),
]


@pytest.mark.parametrize(("details", "metrics", "expected"), NUMBERS)
def test_numbers_are_found_under_the_names_that_senders_use(
    details: dict[str, Any], metrics: dict[str, Any], expected: tuple[str | None, float | None, int | None]
) -> None:
    assert numbers_of(event_object({"details": details, "metrics": metrics})) == EventNumbers(*expected)
