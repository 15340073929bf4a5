"""Who may use the API: tokens with a scope and an end, or, where nobody else can ask, everybody."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import requests

from api.http.tokens import new_token
from tests.factories.front_door import EVENTS, an_event, front_door, problem_of, token_entry
from tests.servers.api import Api

PATHS = (EVENTS, *(f"/api/monitoring/{name}" for name in ("sync-metrics", "cleanup-metrics", "events-status")))
OPERATE, MAY_OPERATE = token_entry("operator")
READ, MAY_READ = token_entry("dashboard", "read")
OLD, WAS_GOOD = token_entry("guest", expires="2026-01-01T00:00:00Z")
YOUNG, IS_GOOD = token_entry("visitor", "read", expires="2126-01-01T00:00:00Z")


@pytest.fixture
def api(sqlite_url: str) -> Iterator[Api]:
    with front_door(sqlite_url, api_tokens=[MAY_OPERATE, MAY_READ, WAS_GOOD, IS_GOOD]) as found:
        yield found


def refused(answer: requests.Response, told: str) -> None:
    assert told in problem_of(answer, 401)["detail"]
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", PATHS)
def test_without_a_good_token_nothing_is_shown(api: Api, path: str) -> None:
    refused(api.get(path), "show a token")
    refused(replace(api, token=new_token()).get(path), "not known")
    refused(replace(api, token=OLD).get(path), "guest has expired")
    for header in ("Bearer", "Bearer ", f"Basic {READ}", READ, "Bearer é", f"Bearer {MAY_READ['sha256']}"):
        refused(api.get(path, headers={"Authorization": header.encode()}), "token")


@pytest.mark.parametrize("path", PATHS)
def test_with_a_good_token_it_is(api: Api, path: str) -> None:
    for token in (READ, OPERATE, YOUNG):
        assert replace(api, token=token).get(path).status_code == 200
    assert api.get(path, headers={"Authorization": f"bearer {READ}"}).status_code == 200


def test_a_token_for_reading_changes_nothing(api: Api) -> None:
    answer = replace(api, token=READ).post(EVENTS, json=an_event())
    assert "dashboard may only read" in problem_of(answer, 403)["detail"]
    assert "insufficient_scope" in answer.headers["www-authenticate"]
    refused(api.post(EVENTS, json=an_event()), "show a token")
    assert replace(api, token=READ).get(EVENTS).json()["events"] == []
    assert replace(api, token=OPERATE).post(EVENTS, json=an_event()).status_code == 202


def test_no_token_is_asked_for_where_nothing_is_shown(api: Api) -> None:
    for path in ("/livez", "/docs", "/openapi.json"):
        assert api.get(path).status_code == 200


def test_no_token_stands_in_an_answer(api: Api) -> None:
    for token in (READ, OLD, "rcy_wrong"):
        answer = replace(api, token=token).get(EVENTS)
        assert token not in answer.text + str(answer.headers)


def test_beyond_loopback_nobody_comes_in_without_tokens(sqlite_url: str) -> None:
    with front_door(sqlite_url, api_host="0.0.0.0") as api:
        refused(api.get(EVENTS), "show a token")
        refused(replace(api, token=new_token()).get(EVENTS), "not known")
