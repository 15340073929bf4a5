"""Reading events over HTTP: filters, pages that fit together, and what wrong parameters are told."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from api.http.cursors import write_cursor
from tests.factories.front_door import EVENTS, an_event, front_door, problem_of
from tests.servers.api import Api


@pytest.fixture
def api(database_url: str) -> Iterator[Api]:
    with front_door(database_url, timezone="Asia/Shanghai") as found:
        yield found


@pytest.fixture
def lonely(sqlite_url: str) -> Iterator[Api]:
    with front_door(sqlite_url) as found:
        yield found


def at(minute: int) -> str:
    return f"2026-09-16T04:{minute:02}:00Z"


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [event["id"] for event in answer.json()["events"]]


def walk(api: Api, path: str) -> list[str]:
    """The ids of all pages, by their links."""
    found: list[str] = []
    while path:
        answer = api.get(path)
        found += ids(answer)
        path = answer.links.get("next", {}).get("url", "")
        assert bool(path) is (answer.json()["next"] is not None)
    return found


def test_pages_hold_every_event_once_newest_first(api: Api) -> None:
    sent = [an_event(id=f"evt-{number:03}", timestamp=at(number // 7)) for number in range(103)]
    assert api.post(EVENTS, json=sent).status_code == 202
    newest_first = [each["id"] for each in sorted(sent, key=lambda each: (each["timestamp"], each["id"]), reverse=True)]
    for limit in (1, 7, 50, 103, 500):
        assert walk(api, f"{EVENTS}?limit={limit}") == newest_first
    assert len(ids(api.get(EVENTS))) == 50


def test_a_page_stays_the_same_while_events_come_in(api: Api) -> None:
    api.post(EVENTS, json=[an_event(id=f"old-{number}", timestamp=at(number)) for number in range(4)])
    first = api.get(f"{EVENTS}?limit=2")
    api.post(EVENTS, json=[an_event(id=f"new-{number}", timestamp=at(30)) for number in range(5)])
    assert ids(api.get(first.links["next"]["url"])) == ["old-1", "old-0"]


def test_filters_leave_out_what_was_not_asked_for_on_every_page(api: Api) -> None:
    events = [
        an_event(id="a", service="shop", level="info", timestamp=at(1)),
        an_event(id="b", service="mail", level="error", timestamp=at(2)),
        an_event(id="c", service="mail", level="critical", event_type="sync_failure", timestamp=at(3)),
        an_event(id="d", service="名 & 前", level="warning", event_type="sync_failure", timestamp=at(4)),
    ]
    events = [{**event, "service": "x.y" if event["id"] == "d" else event["service"]} for event in events]
    assert api.post(EVENTS, json=events).status_code == 202
    asked = {
        "service=mail": "cb",
        "service=mail&service=shop": "cba",
        "type=sync_failure": "dc",
        "type=SYNC_SUCCESS&type=sync_failure": "dcba",
        "level=ERROR": "cb",
        "level=info": "dcba",
        f"since={at(2)}": "dcb",
        f"since={at(2)}&until={at(3)}": "b",
        "since=2026-09-16T12:03%2B08:00": "dc",
        "since=2026-09-16T12:03+08:00": "dc",
        "since=2026-09-16T12:03": "dc",
        "since=2026-09-16&until=2026-09-16": "dcba",
        "until=2026-09-15": "",
        "since=now-1h": "",
        "service=mail&level=critical&type=sync_failure": "c",
        "service=nobody": "",
    }
    for query, expected in asked.items():
        assert "".join(walk(api, f"{EVENTS}?limit=1&{query}")) == expected, query


def test_a_type_that_only_a_service_knows_can_be_asked_for_once_it_has_come_in(sqlite_url: str) -> None:
    with front_door(sqlite_url, event_types=["disk_swapped"]) as api:
        api.post(EVENTS, json=an_event(id="odd", event_type="disk_swapped"))
    with front_door(sqlite_url) as api:
        assert ids(api.get(f"{EVENTS}?type=disk_swapped")) == ["odd"]
        problem_of(api.get(f"{EVENTS}?type=disk_lost"), 422)


def test_large_events_come_in_shorter_pages(lonely: Api) -> None:
    large = [an_event(id=f"evt-{number:03}", details={"a": "x" * 60_000}) for number in range(100)]
    for start in range(0, 100, 10):
        assert lonely.post(EVENTS, json=large[start : start + 10]).status_code == 202
    assert len(ids(lonely.get(f"{EVENTS}?limit=100"))) < 100
    assert len(set(walk(lonely, f"{EVENTS}?limit=100"))) == 100


MOMENT = "2026-09-16T04:00:00Z"
WRONG = [
    ("limit=abc", "limit", "must be a whole number"),
    ("limit=0", "limit", "at least 1"),
    ("limit=-1", "limit", "at least 1"),
    ("limit=1000000000", "limit", "at most 500"),
    ("limit=501", "limit", "at most 500"),
    ("limit=", "limit", "must be a whole number"),
    ("limit=1.5", "limit", "must be a whole number"),
    ("limit=" + "9" * 5000, "limit", ""),
    ("limt=5", "limt", "not known here"),
    ("cursor=x", "cursor", "is no cursor"),
    ("cursor=" + "x" * 2000, "cursor", ""),
    ("cursor=" + write_cursor("alerts", MOMENT, "evt"), "cursor", "is no cursor"),
    ("cursor=" + write_cursor("events", "yesterday", "evt"), "cursor", "is no cursor"),
    ("cursor=" + write_cursor("events", "2026-09-16T04:00:00", "evt"), "cursor", "is no cursor"),
    ("cursor=" + write_cursor("events", "0001-01-01T00:00:00+23:00", "evt"), "cursor", "is no cursor"),
    ("cursor=" + write_cursor("events", MOMENT, "a\x00b"), "cursor", "is no cursor"),
    ("cursor=WyJldmVudHMiLCIyMDI2LTA5LTE2VDA0OjAwOjAwWiIsIlx1ZDgwMCJd", "cursor", "is no cursor"),
    ("since=2026-13-01", "since", "is no date"),
    ("since=tomorrow", "since", "is no date"),
    ("since=1969-01-01", "since", "too long ago"),
    ("until=99999-01-01", "until", "is no date"),
    ("since=" + "9" * 100, "since", ""),
    (f"since={MOMENT}&until={MOMENT}", "until", "is not after"),
    ("level=loud", "level", "allowed are info"),
    ("type=sync_sucess", "type", "did you mean sync_success?"),
    ("type=" + quote("<script>"), "type", "is no name of a type"),
    ("type=a%00b", "type", "is no name of a type"),
    ("service=" + quote("a\nb"), "service", "is no name of a service"),
    ("service=", "service", "is no name of a service"),
    ("&".join(["service=a"] * 51), "service", ""),
]


@pytest.mark.parametrize(("query", "parameter", "told"), WRONG, ids=lambda each: str(each)[:60])
def test_a_wrong_parameter_is_named(lonely: Api, query: str, parameter: str, told: str) -> None:
    found = problem_of(lonely.get(f"{EVENTS}?{query}"), 422)
    assert found["errors"][0]["parameter"].partition(".")[0] == parameter
    assert told in found["errors"][0]["detail"]
    assert len(found["detail"]) < 700


def test_a_page_that_a_cursor_of_a_deleted_event_names_is_there(lonely: Api) -> None:
    lonely.post(EVENTS, json=[an_event(id="a", timestamp=at(1)), an_event(id="c", timestamp=at(3))])
    assert ids(lonely.get(f"{EVENTS}?cursor={write_cursor('events', at(2), 'b')}")) == ["a"]


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("sync-metrics?hours=0", "hours"),
        ("sync-metrics?hours=-1", "hours"),
        ("sync-metrics?hours=nan", "hours"),
        ("sync-metrics?hours=inf", "hours"),
        ("sync-metrics?hours=1e300", "hours"),
        ("sync-metrics?hours=abc", "hours"),
        ("sync-metrics?days=1", "days"),
        ("cleanup-metrics?days=0", "days"),
        ("migration-metrics?hours=1", "hours"),
        ("events-status?hours=1", "hours"),
    ],
)
def test_numbers_are_asked_for_a_length_of_time(lonely: Api, path: str, parameter: str) -> None:
    (error,) = problem_of(lonely.get(f"/api/monitoring/{path}"), 422)["errors"]
    assert error["parameter"] == parameter


def test_what_events_amount_to_is_answered(api: Api) -> None:
    for kind, records in (
        ("sync", "records_synced"),
        ("cleanup", "records_deleted"),
        ("migration", "records_migrated"),
    ):
        for step in ("start", "success"):
            event = an_event(event_type=f"{kind}_{step}", details={"operation_id": kind}, metrics={records: 5})
            assert api.post(EVENTS, json=event).status_code == 202
    sync = api.get("/api/monitoring/sync-metrics?hours=0.5").json()
    assert (sync["hours"], sync["sync_success_count"], sync["total_records_synced"]) == (0.5, 1, 5)
    assert api.get("/api/monitoring/cleanup-metrics?days=1").json()["total_records_deleted"] == 5
    assert api.get("/api/monitoring/migration-metrics").json()["total_records_migrated"] == 5
    status = api.get("/api/monitoring/events-status").json()
    assert status["status"] == "healthy"
    assert status["sync_metrics"]["sync_success_count"] == 1
