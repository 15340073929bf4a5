"""What becomes an event, and what is said of everything that cannot."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency.errors import BadEvent
from consistency.event_checks import seal
from consistency.event_ids import EVENT_ID, new_event_id
from consistency.events import Event, event_time, json_bytes, strict_json
from monitoring.emitting.new_events import NewEvents
from monitoring.monitor_interface import EventLevel, EventType, MonitorInterface


@pytest.fixture
def monitor() -> Iterator[MonitorInterface]:
    found = MonitorInterface()
    yield found
    found.close()


def test_every_type_and_level_is_written_in_lower_case(monitor: MonitorInterface) -> None:
    for kind in EventType:
        for given_kind in (kind, kind.value, kind.name):
            assert monitor.emit_event(given_kind, EventLevel.INFO, "x").event_type == kind.value
    for level in EventLevel:
        for given_level in (level, level.value, level.name):
            assert monitor.emit_event("health_check", given_level, "x").level == level.value


def test_without_details_and_metrics_they_are_empty(monitor: MonitorInterface) -> None:
    event = monitor.emit_event("health_check", "info", "x")
    assert (event.details, event.metrics) == ({}, {})


def test_a_moment_and_a_service_may_be_given(monitor: MonitorInterface) -> None:
    shanghai = datetime(2025, 8, 29, 18, 30, tzinfo=timezone(timedelta(hours=8)))
    event = monitor.emit_event("health_check", "info", "x", service="同步 2", timestamp=shanghai)
    assert (event.timestamp, event.service) == ("2025-08-29T10:30:00.000Z", "同步 2")


#: What is handed over beside a good rest, and what the error says.
BAD: list[tuple[dict[str, Any], str]] = [
    (
        {"event_type": "sync_sucess"},
        "event_type: .*did you mean sync_success.; known are sync_start, .*register",
    ),
    ({"event_type": None}, "event_type: null is unknown"),
    ({"level": "fatal"}, 'level: "fatal" is unknown; allowed are info, warning, error, critical'),
    ({"level": 3}, "level: 3 is unknown"),
    ({"message": None}, "message: null is no text"),
    ({"details": [1]}, r"details: \[1\] is no object; give a dict"),
    ({"metrics": "many"}, 'metrics: "many" is no object'),
    ({"details": {"when": datetime(2025, 8, 29, tzinfo=UTC)}}, "details.when: a datetime is no JSON"),
    ({"details": {"rows": [1, {2}]}}, r"details.rows\[1\]: a set is no JSON"),
    ({"metrics": {"rate": math.nan}}, "metrics.rate: nan is no number in JSON"),
    ({"details": {(1, 2): 3}}, "details: the key .* is no text"),
    ({"service": "a\nb"}, "service: .* is no name of a service; use 1 to 100 letters"),
    ({"service": ""}, "service: "),
    ({"timestamp": datetime(2025, 8, 29)}, "timestamp: .* has no time zone; add one"),  # noqa: DTZ001 - a naive one
    ({"timestamp": "2025-08-29T10:30:00"}, "timestamp: .* has no time zone"),
    ({"timestamp": "soon"}, "timestamp: .* is no moment; write 2025-08-29T10:30:00.000Z"),
]


@pytest.mark.parametrize(("wrong", "said"), BAD)
def test_what_is_no_event_is_an_error_at_the_call(monitor: MonitorInterface, wrong: dict[str, Any], said: str) -> None:
    good: dict[str, Any] = {"event_type": "sync_success", "level": "info", "message": "x"}
    with pytest.raises(ValueError, match=said) as raised:
        monitor.emit_event(**(good | wrong))
    assert isinstance(raised.value, BadEvent)
    assert "\n" not in str(raised.value)
    assert monitor.counts.emitted == 0


def test_details_that_hold_themselves_are_an_error(monitor: MonitorInterface) -> None:
    details: dict[str, Any] = {}
    details["again"] = details
    with pytest.raises(BadEvent, match="details"):
        monitor.emit_event("sync_success", "info", "x", details)


def nested(depth: int) -> Any:
    return [nested(depth - 1)] if depth else 0


def test_details_that_are_nested_too_deep_are_an_error(monitor: MonitorInterface) -> None:
    monitor.emit_event("sync_success", "info", "x", {"rows": nested(90)})
    for depth in (101, 300, 100_000):
        deep: Any = 0
        for _ in range(depth):
            deep = [deep]
        with pytest.raises(BadEvent, match=r"details\.rows.*: it is nested more than 100 deep"):
            monitor.emit_event("sync_success", "info", "x", {"rows": deep})
    monitor.emit_event("sync_success", "info", "x", {"rows": [{"id": each} for each in range(300)]})


def test_huge_details_are_cut_and_say_so(monitor: MonitorInterface) -> None:
    told: list[Any] = []
    monitor.register_callback(told.append)
    event = monitor.emit_event("sync_success", "info", "x", {"rows": ["r" * 99] * 100_000, "tables": 3}, {"records": 5})
    assert len(event.details["rows"]) == 100_000
    assert monitor.flush(60)
    assert told[0].details["truncated"] is True
    assert (told[0].details["tables"], told[0].metrics) == (3, {"records": 5})
    assert len(strict_json(told[0].body())) <= 65_536


def test_types_of_ones_own_are_registered(monitor: MonitorInterface) -> None:
    with pytest.raises(BadEvent):
        monitor.emit_event("disk_swapped", "info", "x")
    assert monitor.register_event_type("DISK_SWAPPED") == "disk_swapped"
    assert monitor.emit_event("Disk_Swapped", "info", "x").event_type == "disk_swapped"
    with pytest.raises(BadEvent, match="no name of a type"):
        monitor.register_event_type("disk swapped")


def test_types_and_service_come_from_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONCILERY_EVENT_TYPES", "disk_swapped, tape_rewound")
    monkeypatch.setenv("RECONCILERY_SERVICE", "sync-1")
    monitor = MonitorInterface()
    event = monitor.emit_event("tape_rewound", "info", "x")
    assert (event.event_type, event.service) == ("tape_rewound", "sync-1")
    monitor.close()


def test_a_name_in_the_settings_that_no_service_can_have_stops_nobody(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("RECONCILERY_SERVICE", "(sync)")
    assert MonitorInterface().service == "datasync"
    assert caplog.messages[0].startswith('service: "(sync)" is no name of a service')


def test_a_name_given_by_the_program_is_an_error() -> None:
    with pytest.raises(BadEvent, match="service"):
        MonitorInterface(service="(sync)")


def test_the_moment_of_an_event_is_written_as_all_moments_are() -> None:
    made = NewEvents("datasync")
    for _ in range(3000):
        before = datetime.now(UTC) - timedelta(milliseconds=1)
        event, _ = made.make("health_check", "info", "x")
        assert event_time(before) <= event.timestamp <= event_time(datetime.now(UTC))
        assert event_time(datetime.fromisoformat(event.timestamp)) == event.timestamp


def test_ids_are_unique_and_in_the_order_of_their_making() -> None:
    ids = [new_event_id() for _ in range(20_000)]
    assert len(set(ids)) == 20_000
    assert [name[:16] for name in ids] == sorted(name[:16] for name in ids)
    assert all(EVENT_ID.fullmatch(name) and name[16] == "7" and name[20] in "89ab" for name in ids)


VALUES = st.recursive(
    st.text() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.none(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=30,
)


@given(VALUES, st.dictionaries(st.text() | st.integers(), VALUES), st.text())
def test_events_are_written_as_the_library_writes_json(value: Any, details: dict[str, Any], message: str) -> None:
    assert strict_json(value) == json_bytes(value)
    event = Event(
        "2025-08-29T10:30:00.000Z", "sync_success", "info", "同步", message, details, {"value": value}, "evt_1"
    )
    assert seal(event) == ("evt_1", json_bytes(event.body()))
