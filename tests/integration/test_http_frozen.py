"""While a database or Redis says nothing, every answer that needs it comes in time, and all goes on afterwards."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from sqlalchemy import make_url

from consistency.database import connect, transaction
from consistency.settings import Settings
from tests.acceptance.launching import eventually
from tests.factories.front_door import EVENTS, NOBODY, an_event, front_door, problem_of, stored_count
from tests.servers.api import Api, answering
from tests.servers.pausing import Way, way_to

KEY = {"Idempotency-Key": "once"}


@pytest.fixture(params=["postgres_url", pytest.param("mariadb_url", marks=pytest.mark.full)])
def server_url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


@contextmanager
def door_over(database_url: str) -> Iterator[tuple[Api, Way]]:
    """The API once it answers, and its way to the database."""
    url = make_url(database_url)
    assert url.port
    with way_to(url.port) as way:
        led = url.set(port=way.port).render_as_string(hide_password=False)
        with front_door(led) as api:
            eventually(lambda: api.get(EVENTS).status_code == 200)
            yield api, way


def test_a_frozen_database_is_told_in_time_and_forgotten_when_it_answers(server_url: str) -> None:
    with door_over(server_url) as (api, way):
        way.freeze()
        with ThreadPoolExecutor(60) as pool:
            answers = list(pool.map(lambda _: api.get(EVENTS), range(60)))
        for answer in answers:
            assert "retry-after" in answer.headers
            problem_of(answer, 503)
        assert api.get("/livez").text == "ok\n"
        way.thaw()
        eventually(lambda: api.get(EVENTS).status_code == 200)
        eventually(lambda: api.post(EVENTS, json=an_event()).status_code == 202)


def test_a_write_that_came_too_late_is_kept_once_however_often_it_is_repeated(server_url: str) -> None:
    with door_over(server_url) as (api, way):
        way.freeze()
        problem_of(api.post(EVENTS, json=an_event(id="late")), 503)
        way.thaw()
        eventually(lambda: api.post(EVENTS, json=an_event(id="late")).status_code == 202)
    engine = connect(server_url)
    assert stored_count(engine) == 1
    engine.dispose()


def test_a_lock_that_somebody_holds_is_not_waited_for(sqlite_url: str) -> None:
    with front_door(sqlite_url) as api:
        engine = connect(sqlite_url)
        with transaction(engine):
            found = problem_of(api.post(EVENTS, json=an_event()), 503)
            assert api.get(EVENTS).status_code == 200
        assert api.post(EVENTS, json=an_event()).status_code == 202
        engine.dispose()
        assert "locked" in found["detail"]


def test_a_database_that_is_not_there_is_told_at_once() -> None:
    url = "postgresql://nobody:hush@127.0.0.1:1/none"
    with answering(Settings(database_url=url, redis_url=NOBODY)) as api:
        found = problem_of(api.get(EVENTS), 503)
        assert "127.0.0.1:1" in found["detail"]
        assert "hush" not in found["detail"]
        assert api.get("/livez").status_code == 200


def test_a_frozen_redis_stops_only_what_needs_it(sqlite_url: str, redis_url: str) -> None:
    place = urlsplit(redis_url)
    assert place.port
    with way_to(place.port) as way:
        led = redis_url.replace(f":{place.port}/", f":{way.port}/")
        with front_door(sqlite_url, led, api_rate=1000) as api:
            assert api.post(EVENTS, json=an_event(id="a"), headers=KEY).status_code == 202
            way.freeze()
            assert api.get(EVENTS).status_code == 200
            assert api.post(EVENTS, json=an_event(id="b")).status_code == 202
            found = problem_of(api.post(EVENTS, json=an_event(id="c"), headers={"Idempotency-Key": "two"}), 503)
            assert found["detail"].startswith("Redis at redis://127.0.0.1:"), (
                "nothing was done, and it does not say else"
            )
            way.thaw()
            again = {"Idempotency-Key": "two"}
            eventually(lambda: api.post(EVENTS, json=an_event(id="c"), headers=again).status_code == 202)
            assert len(api.get(EVENTS).json()["events"]) == 3
