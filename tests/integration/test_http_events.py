"""Sending events over HTTP: each is kept once, all of a body or none, and what is wrong is named by its place."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.factories.front_door import EVENTS, an_event, compact, front_door, problem_of, stored_count
from tests.factories.travelling import to_be_told
from tests.servers.api import Api

JSON = {"Content-Type": "application/json"}
NUL = "a\x00b"


@pytest.fixture
def api(database_url: str) -> Iterator[Api]:
    with front_door(database_url, event_types=["disk_swapped"]) as found:
        yield found


def test_one_event_is_kept_as_it_came_and_gets_an_id(api: Api, engine: Engine) -> None:
    answer = api.post(EVENTS, json=an_event(message="完成", details={"records_synced": 3}, level="WARNING"))
    assert answer.status_code == 202
    found = answer.json()
    assert found["stored"] == 1
    (name,) = found["ids"]
    (event,) = api.get(EVENTS).json()["events"]
    assert (event["id"], event["message"], event["level"]) == (name, "完成", "warning")
    assert event["details"] == {"records_synced": 3}
    assert to_be_told(engine) == {name}


def test_what_comes_again_is_kept_once(api: Api, engine: Engine) -> None:
    sent = [an_event(id=f"evt-{number}", message=f"message {number}") for number in range(3)]
    assert api.post(EVENTS, json=sent[:2]).json()["ids"] == ["evt-0", "evt-1"]
    again = api.post(EVENTS, json=[*sent, *sent, {**sent[0], "message": "another"}])
    assert again.status_code == 202
    assert stored_count(engine) == 3
    assert {event["message"] for event in api.get(EVENTS).json()["events"]} == {each["message"] for each in sent}


def test_many_who_bring_the_same_at_once_wait_for_nobody_for_ever(api: Api, engine: Engine) -> None:
    sent = [an_event(id=f"evt-{number:03}") for number in range(200)]
    with ThreadPoolExecutor(8) as pool:
        bodies = [sent if number % 2 else sent[::-1] for number in range(16)]
        answers = list(pool.map(lambda body: api.post(EVENTS, json=body), bodies))
    assert {answer.status_code for answer in answers} == {202}
    assert stored_count(engine) == 200


def test_a_type_of_the_settings_is_known(api: Api) -> None:
    assert api.post(EVENTS, json=an_event(event_type="DISK_SWAPPED")).status_code == 202


WRONG: list[tuple[Any, str, str]] = [
    (an_event(event_type="sync_sucess"), "/event_type", "did you mean sync_success?"),
    (an_event(event_type=7), "/event_type", "is unknown"),
    (an_event(level="loud"), "/level", "allowed are info, warning, error, critical"),
    (an_event(service="a\nb"), "/service", "is no name of a service"),
    (an_event(message=None), "/message", "is no text"),
    (an_event(timestamp="2025-08-29T10:30:00"), "/timestamp", "has no time zone"),
    (an_event(timestamp="yesterday"), "/timestamp", "is no moment"),
    (an_event(timestamp="0001-01-01T00:00:00+23:00"), "/timestamp", "is no moment"),
    (an_event(details=[]), "/details", "is no object"),
    (an_event(metrics="x"), "/metrics", "is no object"),
    (an_event(id="a b"), "/id", "is no id"),
    (an_event(id=7), "/id", "is no id"),
    (an_event(colour="red"), "", "no event has this key"),
    ({}, "/event_type", "it is missing"),
    (None, "", "is no object"),
    ("x", "", "is no object"),
]


@pytest.mark.parametrize(("event", "place", "told"), WRONG)
def test_a_wrong_event_is_named_by_its_place_and_nothing_is_kept(
    sqlite_url: str, event: Any, place: str, told: str
) -> None:
    with front_door(sqlite_url) as api:
        (error,) = problem_of(api.post(EVENTS, data=compact(event), headers=JSON), 422)["errors"]
        assert error["pointer"] == place
        assert told in error["detail"]
        body = [an_event(), event, an_event(), event]
        found = problem_of(api.post(EVENTS, data=compact(body), headers=JSON), 422)
        assert [each["pointer"] for each in found["errors"]] == [f"/1{place}", f"/3{place}"]
        assert "2 of 4 events are wrong" in found["detail"]
        assert api.get(EVENTS).json()["events"] == []


STRANGE = [
    an_event(details={"operation_id": NUL, "status": NUL, "instance": NUL, NUL: NUL}),
    an_event(event_type="service_status", details={"heartbeat_seconds": 10, "status": NUL, "instance": NUL}),
    an_event(message=NUL, service="名 前"),
    an_event(message="\ud800", details={"\ud800": "\udfff", "run_id": "\ud800"}),
    an_event(metrics={"duration_seconds": 10**400, "records": -(10**400)}),
    an_event(metrics={"duration_seconds": 1e308, "records_synced": 1e308}),
    an_event(event_type="service_status", details={"heartbeat_seconds": 10**400, "status": [], "instance": {}}),
    an_event(event_type="service_status", details={"heartbeat_seconds": 1e-300, "instance": "x" * 500}),
    an_event(message="x" * 100_000, details={"a": "y" * 200_000}),
    an_event(message="😀" * 100, details={"<script>": "'; DROP TABLE reconcilery_events; --"}),
    an_event(timestamp="9999-12-31T23:59:59Z"),
    an_event(timestamp="0001-01-01T00:00:00Z"),
]


def test_strange_events_are_kept_and_shown(api: Api) -> None:
    for number, strange in enumerate(STRANGE):
        answer = api.post(EVENTS, data=compact({"id": f"strange-{number}", **strange}), headers=JSON)
        assert answer.status_code == 202, (number, answer.text)
        assert f"strange-{number}" in {event["id"] for event in api.get(EVENTS).json()["events"]}
        for path in ("sync-metrics", "events-status"):
            assert api.get(f"/api/monitoring/{path}").status_code == 200, number


def test_an_event_from_the_future_is_kept_and_does_not_stay_on_top(api: Api) -> None:
    assert api.post(EVENTS, json=an_event(id="ahead", timestamp="9999-12-31T23:59:59Z")).json()["stored"] == 1
    assert api.post(EVENTS, json=an_event(id="later")).json()["stored"] == 1
    found = api.get(EVENTS).json()["events"]
    assert [(each["id"], each["timestamp"][:4] == "9999") for each in found] == [("later", False), ("ahead", True)]
    assert [each["id"] for each in api.get(f"{EVENTS}?until=now").json()["events"]][-1:] == ["ahead"]


def test_arrays_have_a_length(api: Api) -> None:
    assert "at most 1000" in problem_of(api.post(EVENTS, json=[an_event()] * 1001), 413)["detail"]
    for length, status in ((0, 422), (1001, 413)):
        problem = problem_of(api.post(EVENTS, json=[an_event()] * length), status)
        assert problem["errors"] == [{"pointer": "", "detail": problem["detail"]}]
    assert "at least one" in problem_of(api.post(EVENTS, json=[]), 422)["detail"]
    assert api.post(EVENTS, json=[an_event()] * 1000).json()["stored"] == 1000
