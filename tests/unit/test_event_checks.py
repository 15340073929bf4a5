"""What is an event and what is none; whoever is wrong is told which key and how to mend it."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency.errors import BadEvent, BadRequest
from consistency.event_checks import (
    LARGEST_KEPT,
    LONGEST_MESSAGE,
    check_level,
    check_type,
    check_wanted_type,
    event_of_object,
    seal,
)
from consistency.event_ids import EVENT_ID, new_event_id
from consistency.events import OWN_TYPES, Event, EventLevel, EventType, WrittenEvent, event_object
from tests.factories.messages import SEED_EVENT

GOOD: dict[str, Any] = {"event_type": "sync_success", "level": "info", "service": "datasync", "message": "done"}
ROUND: dict[str, Any] = {}
ROUND["self"] = ROUND


def event(**values: Any) -> Event:
    return event_of_object({**GOOD, **values})


def test_the_event_of_the_interface_is_taken_as_it_is() -> None:
    found = event_of_object(SEED_EVENT)
    assert found.body() == SEED_EVENT
    assert EVENT_ID.fullmatch(found.id)
    assert seal(found).read() == found


#: What is wrong, and the whole line that says so.
WRONG: list[tuple[Any, str]] = [
    ([1], "event: [1] is no object; give one with the keys timestamp, event_type, level, service, message, details,"),
    ({**GOOD, "typ": 1}, "typ: no event has this key; known are timestamp, event_type, level, service, message,"),
    ({"level": "info", "service": "s", "message": "m"}, "event_type: it is missing"),
    ({**GOOD, "event_type": "sync_sucess"}, 'event_type: "sync_sucess" is unknown; did you mean sync_success?'),
    ({**GOOD, "event_type": 7}, "event_type: 7 is unknown; known are sync_start, sync_success"),
    ({**GOOD, "event_type": "repair_failed"}, 'event_type: "repair_failed" is for events of Reconcilery itself;'),
    ({**GOOD, "level": "fatal"}, 'level: "fatal" is unknown; allowed are info, warning, error, critical'),
    ({**GOOD, "level": None}, "level: null is unknown; allowed are info, warning, error, critical"),
    ({**GOOD, "service": "a\nb"}, 'service: "a\\nb" is no name of a service; use 1 to 100 letters, digits, spaces'),
    ({**GOOD, "service": ""}, 'service: "" is no name of a service'),
    ({**GOOD, "service": "s" * 101}, "is no name of a service"),
    ({**GOOD, "message": {"a": 1}}, 'message: {"a": 1} is no text'),
    ({**GOOD, "details": [1]}, "details: [1] is no object; give a dict"),
    ({**GOOD, "metrics": "fast"}, 'metrics: "fast" is no object; give a dict'),
    ({**GOOD, "timestamp": "yesterday"}, 'timestamp: "yesterday" is no moment; write 2025-08-29T10:30:00.000Z'),
    ({**GOOD, "timestamp": 17}, "timestamp: 17 is no moment; give an aware datetime"),
    ({**GOOD, "timestamp": "2025-08-29T10:30:00"}, 'timestamp: "2025-08-29T10:30:00" has no time zone; add one'),
    ({**GOOD, "timestamp": datetime(2025, 8, 29)}, "has no time zone; add one, such as datetime.now(UTC)"),  # noqa: DTZ001 - the point
    ({**GOOD, "timestamp": datetime.min.replace(tzinfo=timezone(timedelta(hours=9)))}, "is no moment in UTC"),
    ({**GOOD, "id": "a b"}, 'id: "a b" is no id; use at most 64 letters, digits and . _ : -'),
    ({**GOOD, "id": "x" * 65}, "is no id; use at most 64 letters"),
]


@pytest.mark.parametrize(("found", "said"), WRONG, ids=lambda value: str(value)[:50])
def test_what_is_no_event_is_refused_in_one_line_that_names_the_key(found: Any, said: str) -> None:
    with pytest.raises(BadEvent) as raised:
        event_of_object(found)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)
    assert isinstance(raised.value, ValueError)
    assert isinstance(raised.value, BadRequest)


#: Details that are no JSON, and where they are not.
NO_JSON: list[tuple[dict[Any, Any], str]] = [
    ({"when": datetime(2025, 8, 29, tzinfo=UTC)}, "details.when: a datetime is no JSON; give text, a number"),
    ({"tables": ["a", {"rows": {1, 2}}]}, "details.tables[1].rows: a set is no JSON"),
    ({"rate": float("nan")}, "details.rate: nan is no number in JSON; leave it out or give null"),
    ({"rate": float("inf")}, "details.rate: inf is no number in JSON"),
    ({"raw": b"x"}, "details.raw: a bytes is no JSON"),
    ({(1, 2): 3}, "details: the key [1, 2] is no text"),
    (ROUND, "details.self.self"),
]


@pytest.mark.parametrize(("details", "said"), NO_JSON, ids=lambda value: str(value)[:40])
def test_what_is_no_json_is_refused_with_the_way_to_it(details: dict[str, Any], said: str) -> None:
    with pytest.raises(BadEvent) as raised:
        seal(event(details=details))
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_fault_in_the_metrics_is_said_to_be_there() -> None:
    with pytest.raises(BadEvent, match=r"^metrics\.took: a timedelta is no JSON"):
        seal(event(details={"fine": 1}, metrics={"took": timedelta(1)}))


def test_huge_details_are_cut_and_it_is_said() -> None:
    huge = event(details={"rows": list(range(100_000)), "table": "coin_data"}, metrics={"records_synced": 5})
    sealed = seal(huge)
    assert len(sealed.body) <= LARGEST_KEPT
    found = sealed.read()
    assert (found.details["truncated"], found.details["table"], found.metrics) == (
        True,
        "coin_data",
        {"records_synced": 5},
    )
    assert found.details["rows"][:3] == [0, 1, 2]


def test_a_long_message_is_cut_and_a_line_break_in_it_kept() -> None:
    assert event(message="a\nb").message == "a\nb"
    assert event(message="x" * 5000).message == "x" * (LONGEST_MESSAGE - 1) + "…"


def test_words_may_be_written_in_capitals_and_by_the_enumerations() -> None:
    assert check_type("SYNC_START") == check_type(EventType.SYNC_START) == "sync_start"
    assert check_level("ERROR") == check_level(EventLevel.ERROR) == "error"
    assert event(event_type=EventType.HEALTH_CHECK).event_type == "health_check"


def test_types_of_ones_own_are_known_where_they_are_registered() -> None:
    assert check_type("disk_swapped", {"disk_swapped"}) == "disk_swapped"
    with pytest.raises(BadEvent, match="did you mean disk_swapped"):
        check_type("disk_swaped", {"disk_swapped"})


def test_only_who_asks_for_events_may_name_those_of_the_product() -> None:
    for name in OWN_TYPES:
        assert check_wanted_type(name.upper()) == name
        with pytest.raises(BadEvent, match="choose another name"):
            check_type(name, {name})
    with pytest.raises(BadEvent, match="is unknown"):
        check_wanted_type("repair_vanished")


def test_times_are_kept_in_utc_with_milliseconds() -> None:
    shanghai = timezone(timedelta(hours=8))
    assert event(timestamp=datetime(2025, 8, 29, 18, 30, tzinfo=shanghai)).timestamp == "2025-08-29T10:30:00.000Z"
    assert event(timestamp="2025-08-29T12:30:00.123456+02:00").timestamp == "2025-08-29T10:30:00.123Z"


def test_ids_are_new_each_time_and_grow() -> None:
    ids = [new_event_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert all(EVENT_ID.fullmatch(each) for each in ids)
    assert ids == sorted(ids)


@pytest.mark.parametrize("line", [b"", b"evt_1", b"evt_1 {}", b'evt_1 {"a":1', b"{}\n", b" {}\n", "ä {}\n".encode()])
def test_a_torn_line_is_no_event(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"no line of an event|ascii"):
        WrittenEvent.of_line(line)


NUMBER = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBER | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


@given(details=st.dictionaries(st.text(max_size=8), JSON, max_size=4), message=st.text(max_size=50))
def test_whatever_json_an_event_holds_comes_out_of_its_line_as_it_went_in(
    details: dict[str, Any], message: str
) -> None:
    sealed = seal(event(details=details, message=message))
    line = sealed.line()
    assert line.count(b"\n") == 1
    assert WrittenEvent.of_line(line) == sealed
    assert sealed.read() == event_object(sealed.read().body(), sealed.id)


def test_half_of_a_character_does_not_stop_an_event() -> None:
    assert seal(event(message="\ud800 and on")).read().message == "? and on"
