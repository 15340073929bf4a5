"""Following events over HTTP: what comes in is sent, each event once, and a client that comes back misses nothing."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from tests.acceptance.launching import eventually
from tests.factories.front_door import EVENTS, an_event, front_door, problem_of
from tests.servers.api import Api

STREAM = {"Accept": "text/event-stream"}


@pytest.fixture
def api(database_url: str) -> Iterator[Api]:
    with front_door(database_url) as found:
        yield found


@contextmanager
def following(api: Api, query: str = "", last_id: str = "") -> Iterator[Iterator[dict[str, Any]]]:
    """The events of a stream as they come."""
    headers = {**STREAM, **({"Last-Event-ID": last_id} if last_id else {})}
    with requests.get(f"{api.url}{EVENTS}{query}", headers=headers, stream=True, timeout=60) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines(chunk_size=1)
        assert next(lines) == b"retry: 3000"
        yield (json.loads(line.removeprefix(b"data: ")) for line in lines if line.startswith(b"data: "))


def send(api: Api, *ids: str, **values: Any) -> None:
    assert api.post(EVENTS, json=[an_event(id=each, **values) for each in ids]).status_code == 202


def take(stream: Iterator[dict[str, Any]], count: int) -> list[str]:
    return [next(stream)["id"] for _ in range(count)]


def test_what_comes_in_is_sent_and_what_was_there_is_not(api: Api) -> None:
    send(api, "before")
    with following(api) as stream:
        send(api, "a")
        send(api, "b", "c")
        assert take(stream, 3) == ["a", "b", "c"]
        send(api, "a", "d")
        assert take(stream, 1) == ["d"]


def test_only_what_was_asked_for_is_sent(api: Api) -> None:
    with following(api, "?level=error&service=shop") as stream:
        send(api, "mild", service="shop")
        send(api, "other", level="error")
        send(api, "mine", level="critical", service="shop")
        assert take(stream, 1) == ["mine"]


def test_a_client_that_comes_back_misses_nothing(api: Api) -> None:
    with following(api) as stream:
        send(api, "seen")
        take(stream, 1)
    send(api, *(f"missed-{number:04}" for number in range(900)))
    send(api, *(f"missed-{number:04}" for number in range(900, 1800)))
    with following(api, last_id="seen") as stream:
        found: list[str] = []
        while "missed-1799" not in found:
            found += take(stream, 1)
    missed = [each for each in found if each != "seen"]
    assert missed == [f"missed-{number:04}" for number in range(1800)]


def test_an_unknown_last_id_begins_now(api: Api) -> None:
    send(api, "before")
    with following(api, last_id="gone'; --") as stream:
        send(api, "after")
        assert take(stream, 1) == ["after"]


def test_a_stream_ends_with_its_client_and_there_are_not_too_many(sqlite_url: str) -> None:
    with front_door(sqlite_url) as api:
        open_now = api.app.state.services.streams
        with following(api), following(api):
            eventually(lambda: len(open_now) == 2)
        eventually(lambda: not open_now)
        open_now.update(range(100))
        assert "100 streams are open" in problem_of(api.get(EVENTS, headers=STREAM), 503)["detail"]


def test_head_of_a_stream_ends_at_once(sqlite_url: str) -> None:
    with front_door(sqlite_url) as api:
        answer = api.ask("HEAD", EVENTS, headers=STREAM)
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert not api.app.state.services.streams


def test_a_wrong_filter_is_told_before_the_stream_begins(sqlite_url: str) -> None:
    with front_door(sqlite_url) as api:
        problem_of(api.get(f"{EVENTS}?level=loud", headers=STREAM), 422)


def test_streams_end_when_the_process_is_asked_to_end(sqlite_url: str) -> None:
    with front_door(sqlite_url) as api, following(api) as stream:
        api.app.state.services.stopping.set()
        assert list(stream) == []
