"""Over HTTP: what the interface takes is kept once, what it names as wrong is refused, and all else is sent later."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from consistency.settings import Settings
from monitoring.transports.choosing import open_transport
from monitoring.transports.http import HttpTransport
from monitoring.transports.transport import Unreachable
from tests.factories.travelling import ids_of, on_its_way, several
from tests.servers.event_api import EventApi, listening
from tests.servers.talking import Response, json_response

TOKEN = "token-0123456789"


@pytest.fixture
def api() -> Iterator[EventApi]:
    with listening(TOKEN) as server:
        yield server


@pytest.fixture
def transport(api: EventApi) -> Iterator[HttpTransport]:
    opened = HttpTransport(api.url, TOKEN, timedelta(seconds=10))
    yield opened
    opened.close()


def test_events_arrive_with_their_ids_and_seven_keys(api: EventApi, transport: HttpTransport) -> None:
    events = several(3)
    assert transport.send(events) == []
    assert list(api.kept.values()) == [{"id": each.id, **json.loads(each.body)} for each in events]
    assert api.seen[0].headers["content-type"] == "application/json"


def test_what_comes_twice_is_kept_once(api: EventApi, transport: HttpTransport) -> None:
    transport.send(several(3))
    transport.send(several(5))
    assert set(api.kept) == ids_of(several(5))


def test_no_events_are_no_request(api: EventApi, transport: HttpTransport) -> None:
    assert transport.send([]) == []
    assert api.seen == []


def test_large_events_go_in_several_bodies_that_fit(api: EventApi, transport: HttpTransport) -> None:
    events = several(60, details={"log": "x" * 60_000})
    transport.send(events)
    assert set(api.kept) == ids_of(events)
    assert max(len(request.body) for request in api.seen) <= 1024 * 1024
    assert len(api.seen) == 4


def test_an_api_that_takes_less_gets_smaller_bodies(api: EventApi, transport: HttpTransport) -> None:
    api.most_bytes = 1_000
    assert transport.send(several(20)) == []
    assert set(api.kept) == ids_of(several(20))


def test_an_event_that_is_too_large_alone_is_refused(api: EventApi, transport: HttpTransport) -> None:
    api.most_bytes = 1_000
    large = on_its_way(99, details={"log": "x" * 2_000})
    (refused,) = transport.send([*several(4), large])
    assert refused.event is large
    assert "too large" in refused.reason
    assert set(api.kept) == ids_of(several(4))


def test_what_is_named_as_wrong_is_refused_and_the_rest_taken(api: EventApi, transport: HttpTransport) -> None:
    api.wrong = {"evt-3": "is unknown", "evt-8": "is\nodd"}
    refused = transport.send(several(10))
    assert {each.event.id: each.reason for each in refused} == {
        "evt-3": "/3/level: is unknown",
        "evt-8": "/8/level: is odd",
    }
    assert set(api.kept) == ids_of(several(10)) - {"evt-3", "evt-8"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"nonsense",
        b'{"errors": 3}',
        b'{"errors": [4, {"pointer": "/level"}]}',
        b'{"errors": [{"pointer": "/999/level"}]}',
    ],
)
def test_a_refusal_that_names_nothing_is_found_by_halving(api: EventApi, transport: HttpTransport, body: bytes) -> None:
    api.wrong = {"evt-1": "is unknown"}
    api.answers.append(Response(422, body))
    (refused,) = transport.send(several(4))
    assert refused.event.id == "evt-1"
    assert set(api.kept) == {"evt-0", "evt-2", "evt-3"}


def test_an_interface_may_name_one_wrong_event_at_a_time(api: EventApi, transport: HttpTransport) -> None:
    events = several(1_200)
    api.wrong = {"evt-1199": "no"}
    api.answers.extend(json_response({"errors": [{"pointer": "/0"}]}, 422) for _ in range(490))
    assert len(transport.send(events)) == 491
    assert len(api.kept) == 1_200 - 491


def test_all_of_it_may_be_wrong(api: EventApi, transport: HttpTransport) -> None:
    api.wrong = {each.id: "no" for each in several(6)}
    assert len(transport.send(several(6))) == 6
    assert api.kept == {}


#: What an API may answer instead, and what is said then.
LATER = [
    (Response(401), "RECONCILERY_EVENTS_TOKEN"),
    (Response(403), "scope operate"),
    (Response(404), "RECONCILERY_EVENTS_URL"),
    (Response(301, headers={"Location": "http://127.0.0.1:1/"}), "answered 301"),
    (json_response({"detail": "the database\nis away"}, 503), "answered 503: the database is away"),
    (Response(500, b"<html>"), "answered 500"),
    (Response(400), "answered 400"),
    (Response(202, b"half of it", trick="half"), "broke off"),
    (Response(trick="close"), "broke off"),
]


@pytest.mark.parametrize(("answer", "said"), LATER, ids=lambda value: value if isinstance(value, str) else "answer")
def test_whatever_else_it_answers_makes_events_wait(
    api: EventApi, transport: HttpTransport, answer: Response, said: str
) -> None:
    api.answers.append(answer)
    with pytest.raises(Unreachable, match=said) as caught:
        transport.send(several(2))
    assert TOKEN not in str(caught.value)
    assert transport.send(several(2)) == []
    assert set(api.kept) == {"evt-0", "evt-1"}


def test_an_api_that_is_silent_is_left_at_the_deadline(api: EventApi) -> None:
    api.answers.append(Response(wait=60))
    with pytest.raises(Unreachable, match="within"):
        HttpTransport(api.url, TOKEN, timedelta(seconds=0.3)).send(several(1))


@pytest.mark.parametrize("status", [429, 503])
def test_an_api_that_asks_for_a_pause_is_not_asked_meanwhile(
    api: EventApi, transport: HttpTransport, status: int
) -> None:
    api.answers.append(Response(status, headers={"Retry-After": "3600"}))
    for _ in range(3):
        with pytest.raises(Unreachable):
            transport.send(several(1))
    assert len(api.seen) == 1


def test_nobody_there_makes_events_wait() -> None:
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1:1 cannot be reached"):
        HttpTransport("http://127.0.0.1:1", "", timedelta(seconds=5)).send(several(1))


def test_it_is_chosen_by_its_address(api: EventApi) -> None:
    opened = open_transport(Settings.model_validate({"events_url": f"{api.url}/", "events_token": TOKEN}), object())
    assert opened is not None
    assert opened.send(several(1)) == []
    assert opened.name == f"the HTTP API at {api.url.removeprefix('http://')}"
    opened.close()
