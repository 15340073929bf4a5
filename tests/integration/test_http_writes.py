"""Writes that are repeated under one key are done once; a client that asks too often is told when to come back."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
import redis
import requests
from fastapi import APIRouter

from api.app import create_app
from api.http.callers import Operator
from api.http.idempotency import Idempotent
from api.http.problems import Problem
from consistency.settings import Settings
from tests.factories.front_door import EVENTS, an_event, front_door, problem_of, token_entry
from tests.servers.api import Api, answering

KEY = {"Idempotency-Key": "7f0c"}
ANN, IS_ANN = token_entry("ann")
BOB, IS_BOB = token_entry("bob")


class Counter:
    """An endpoint that counts its calls and waits for leave when it is asked to."""

    def __init__(self) -> None:
        self.calls = 0
        self.begun, self.leave = threading.Event(), threading.Event()
        self.leave.set()
        self.router = APIRouter(route_class=Idempotent)
        self.router.post("/count", status_code=201)(self.count)

    def count(self, _caller: Operator, fail: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002 - a parameter
        self.calls += 1
        self.begun.set()
        assert self.leave.wait(60)
        if fail:
            raise Problem(409, "not this time")
        return {"calls": self.calls}


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def api(sqlite_url: str, redis_url: str, counter: Counter) -> Iterator[Api]:
    settings = Settings.model_validate(
        {"database_url": sqlite_url, "redis_url": redis_url, "api_tokens": [IS_ANN, IS_BOB], "api_rate": 0}
    )
    app = create_app(settings)
    app.include_router(counter.router)
    with answering(settings, ANN, app) as found:
        yield found


def test_what_is_repeated_under_one_key_is_done_once(api: Api, counter: Counter) -> None:
    first = api.post("/count", json={}, headers=KEY)
    again = api.post("/count", json={}, headers=KEY)
    assert (first.status_code, first.json()) == (again.status_code, again.json()) == (201, {"calls": 1})
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert api.post("/count", json={}, headers={"Idempotency-Key": "another"}).json() == {"calls": 2}
    assert api.post("/count", json={}).json() == {"calls": 3}
    assert counter.calls == 3


def test_another_request_under_the_same_key_is_refused(api: Api) -> None:
    api.post("/count", json={}, headers=KEY)
    for body, query in (({"a": 1}, ""), ({}, "?fail=no")):
        problem = problem_of(api.post(f"/count{query}", json=body, headers=KEY), 422)
        assert "used for another request" in problem["detail"]
        assert [each["parameter"] for each in problem["errors"]] == ["Idempotency-Key"]


def test_a_key_that_is_none_is_named(api: Api) -> None:
    problem = problem_of(api.post("/count", json={}, headers={"Idempotency-Key": "x" * 256}), 422)
    assert [each["parameter"] for each in problem["errors"]] == ["Idempotency-Key"]


def test_a_key_belongs_to_its_caller(api: Api) -> None:
    assert api.post("/count", json={}, headers=KEY).json() == {"calls": 1}
    assert replace(api, token=BOB).post("/count", json={}, headers=KEY).json() == {"calls": 2}
    problem_of(replace(api, token="rcy_none").post("/count", json={}, headers=KEY), 401)


def test_while_the_first_is_under_way_the_second_is_told_to_wait(api: Api, counter: Counter) -> None:
    counter.leave.clear()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(api.post, "/count", json={}, headers=KEY)
        assert counter.begun.wait(30)
        second = api.post("/count", json={}, headers=KEY)
        assert "under way" in problem_of(second, 409)["detail"]
        assert second.headers["retry-after"] == "1"
        counter.leave.set()
        assert first.result().json() == {"calls": 1}
    assert api.post("/count", json={}, headers=KEY).json() == {"calls": 1}


def test_what_failed_may_be_tried_again_under_its_key(api: Api, counter: Counter) -> None:
    for _ in range(2):
        problem_of(api.post("/count?fail=yes", json={}, headers=KEY), 409)
    assert counter.calls == 2


@pytest.mark.parametrize("key", ["", "x" * 256, "é\x85"])
def test_a_key_that_is_none_is_refused(api: Api, key: str) -> None:
    answer = api.post("/count", json={}, headers={"Idempotency-Key": key.encode("latin-1")})
    assert "Idempotency-Key" in problem_of(answer, 422)["detail"]


def test_many_at_once_under_one_key_are_done_once(api: Api, counter: Counter) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: api.post("/count", json={}, headers=KEY), range(32)))
    assert counter.calls == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert 201 in {answer.status_code for answer in answers}


def test_without_redis_a_key_cannot_be_promised_and_nothing_is_done(sqlite_url: str) -> None:
    with front_door(sqlite_url) as api:
        problem_of(api.post(EVENTS, json=an_event(), headers=KEY), 503)
        assert api.get(EVENTS).json()["events"] == []
        assert api.post(EVENTS, json=an_event()).status_code == 202


def test_what_redis_keeps_has_an_end_and_no_token(api: Api, redis_url: str) -> None:
    api.post("/count", json={}, headers=KEY)
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        (name,) = client.keys("reconcilery:idempotency:*")
        assert 0 < client.ttl(name) <= 86_400
        assert ANN not in name + str(client.get(name))


def refused(answers: list[requests.Response]) -> list[requests.Response]:
    return [answer for answer in answers if answer.status_code == 429]


def test_a_client_that_asks_too_often_is_told_when_to_come_back(sqlite_url: str, redis_url: str) -> None:
    with front_door(sqlite_url, redis_url, api_rate=1) as api, front_door(sqlite_url, redis_url, api_rate=1) as twin:
        answers = [each.get(EVENTS) for _ in range(10) for each in (api, twin)]
        found = refused(answers)
        assert len(found) >= 10
        for each in found:
            seconds = int(each.headers["retry-after"])
            assert seconds >= 1
            assert problem_of(each, 429)["detail"] == f"more than 1 requests a second; wait {seconds} s"
        assert api.get("/livez").status_code == 200


def test_without_redis_each_process_counts_by_itself(sqlite_url: str) -> None:
    with front_door(sqlite_url, api_rate=1) as api:
        answers = [api.get(EVENTS) for _ in range(12)]
    assert refused(answers)
    assert answers[0].status_code == 200
