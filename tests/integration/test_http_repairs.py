"""Repairs read over HTTP, and what is said when they cannot be ordered."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine

from compensation import control
from compensation.engine import work
from compensation.undo import rolling_back
from consistency.settings import Settings
from tests.factories.front_door import NOBODY, problem_of, token_entry
from tests.factories.measured import BASE
from tests.factories.studio import Studio, lost_tasks, studio_of
from tests.servers.api import Api, answering

OPERATE, MAY_OPERATE = token_entry("ann")
READ, MAY_READ = token_entry("dashboard", "read")
NOBODYS = "00000000-0000-0000-0000-000000000000"


@contextmanager
def door_of(engine: Engine, **settings: Any) -> Iterator[tuple[Studio, Api]]:
    """Five tasks without their output and two with theirs, and the API over their database."""
    studio = studio_of(engine, lost_tasks(5, kept=2))
    known: dict[str, Any] = {"database_url": engine.url.render_as_string(hide_password=False), "redis_url": NOBODY}
    known |= {"api_tokens": [MAY_OPERATE, MAY_READ], "runninghub_api_key": "key"}
    with answering(Settings.model_validate(known | settings), OPERATE) as api:
        yield studio, api


@pytest.fixture
def everywhere(engine: Engine) -> Iterator[tuple[Studio, Api]]:
    with door_of(engine) as found:
        yield found


@pytest.fixture
def here(sqlite: Engine) -> Iterator[tuple[Studio, Api]]:
    with door_of(sqlite) as found:
        yield found


def shown(api: Api, path: str) -> Any:
    answer = api.get(f"{BASE}/repairs{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_runs_are_listed_newest_first_with_what_they_did(everywhere: tuple[Studio, Api]) -> None:
    studio, api = everywhere
    first = studio.plan(dry_run=True)
    second = studio.plan()
    control.start(studio.resources, second.id, "ann", approved=True)
    work(studio.bench(), second.id)
    found = shown(api, "?limit=1")
    (latest,) = found["repairs"]
    assert (latest["run_id"], latest["state"], latest["rows_written"]) == (second.id, "succeeded", 5)
    assert latest["counts"] == {"done": 5}
    (earlier,) = api.get(api.get(f"{BASE}/repairs?limit=1").links["next"]["url"]).json()["repairs"]
    assert (earlier["run_id"], earlier["state"], earlier["counts"]) == (first.id, "planned", {"pending": 5})
    assert [run["run_id"] for run in shown(api, "?state=planned")["repairs"]] == [first.id]
    assert shown(api, "?rule=others")["repairs"] == []


def test_a_run_says_what_came_of_it_and_what_can_be_done(everywhere: tuple[Studio, Api]) -> None:
    studio, api = everywhere
    run = studio.plan()
    planned = shown(api, f"/{run.id}")
    assert (planned["state"], planned["can"]) == ("planned", ["apply", "cancel"])
    control.start(studio.resources, run.id, "ann", approved=True)
    assert shown(api, f"/{run.id}")["can"] == ["pause", "cancel"]
    control.pause(studio.resources, run.id, "ann")
    assert shown(api, f"/{run.id}")["can"] == ["resume", "cancel"]
    control.resume(studio.resources, run.id, "ann")
    work(studio.bench(), run.id)
    assert {item["rows_written"] for item in shown(api, f"/{run.id}/items")["items"]} == {1}
    done = shown(api, f"/{run.id}")
    assert (done["state"], done["can"], done["after"]["missing"]) == ("succeeded", ["rollback"], 0)
    assert [(event["type"], event["actor"]) for event in done["events"]][:2] == [("planned", "ann"), ("started", "ann")]
    rolling_back.begin(studio.resources, run.id, "ann")
    rolling_back.roll_back(studio.resources, studio.resources.rule("task-outputs"), run.id)
    assert {item["rows_written"] for item in shown(api, f"/{run.id}/items")["items"]} == {0}
    undone = shown(api, f"/{run.id}")
    assert (undone["state"], undone["deleted"], undone["can"]) == ("rolled_back", 5, [])


def test_the_tasks_of_a_run_are_paged_and_who_may_operate_sees_their_outputs(everywhere: tuple[Studio, Api]) -> None:
    studio, api = everywhere
    run = studio.plan()
    first = api.get(f"{BASE}/repairs/{run.id}/items?limit=3")
    second = api.get(first.links["next"]["url"]).json()
    assert [item["task_id"] for item in (*first.json()["items"], *second["items"])] == ["1", "2", "3", "4", "5"]
    (output,) = first.json()["items"][0]["outputs"]
    assert output["fields"]["fileUrl"] == "https://files.example/p-1/0.png"
    reader = Api(api.url, api.app, READ)
    assert "outputs" not in shown(reader, f"/{run.id}/items")["items"][0]
    assert {item["rows_written"] for item in first.json()["items"]} == {0}
    assert shown(api, f"/{run.id}/items?state=done")["items"] == []


@pytest.mark.parametrize("path", [f"/{NOBODYS}", "/x", "/%00", f"/{NOBODYS}/items"])
def test_an_unknown_repair_is_not_found(here: tuple[Studio, Api], path: str) -> None:
    problem_of(here[1].get(f"{BASE}/repairs{path}"), 404)


@pytest.mark.parametrize("act", ["apply", "pause", "resume", "cancel", "redrive", "rollback"])
def test_nothing_is_done_to_an_unknown_repair_nor_by_a_reader(here: tuple[Studio, Api], act: str) -> None:
    _, api = here
    problem_of(api.post(f"{BASE}/repairs/{NOBODYS}/{act}", json={}), 404)
    problem_of(Api(api.url, api.app, READ).post(f"{BASE}/repairs/{NOBODYS}/{act}", json={}), 403)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [("state=odd", "state"), ("cursor=x", "cursor"), ("limit=0", "limit"), ("rule=No%20Rule", "rule")],
)
def test_a_wrong_parameter_is_named(here: tuple[Studio, Api], query: str, parameter: str) -> None:
    problem = problem_of(here[1].get(f"{BASE}/repairs?{query}"), 422)
    assert problem["errors"][0]["parameter"] == parameter


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"dry_run": "perhaps"}, "/dry_run"),
        ({"task_ids": "1,2"}, "/task_ids"),
        ({"task_ids": []}, "/task_ids"),
        ({"task_ids": [1, True]}, "/task_ids/1"),
        ({"task_ids": ["x" * 192]}, "/task_ids/0"),
        ({"task_ids": ["\ud800"]}, "/task_ids/0"),
        ({"batch_size": 0}, "/batch_size"),
        ({"max_tasks": -1}, "/max_tasks"),
        ({"max_tasks": "2"}, "/max_tasks"),
        ({"max_tasks": True}, "/max_tasks"),
        ({"dry_run": "off"}, "/dry_run"),
        ({"dry_run": 0}, "/dry_run"),
        ({"start": "2026-09-16"}, "/start"),
        ({"rule": "nope"}, "/rule"),
    ],
)
def test_a_wrong_order_is_refused_by_its_place(here: tuple[Studio, Api], body: dict[str, Any], pointer: str) -> None:
    problem = problem_of(here[1].post(f"{BASE}/repairs", json=body), 422)
    assert problem["errors"][0]["pointer"] == pointer


def test_without_redis_nothing_is_begun(here: tuple[Studio, Api]) -> None:
    studio, api = here
    run = studio.plan()
    for path in ("", f"/{run.id}/apply"):
        problem = problem_of(api.post(f"{BASE}/repairs{path}", json={}), 503)
        assert "Nothing was started" in problem["detail"]
    assert [each["state"] for each in shown(api, "")["repairs"]] == ["planned"]


def test_without_a_provider_the_fix_is_named(sqlite: Engine) -> None:
    with door_of(sqlite, runninghub_api_key="") as (_, api):
        problem = problem_of(api.post(f"{BASE}/repairs", json={}), 409)
    assert "set RUNNINGHUB_API_KEY" in problem["detail"]


def test_what_the_state_of_a_run_forbids_is_a_conflict(here: tuple[Studio, Api]) -> None:
    studio, api = here
    run = studio.plan()
    for act in ("pause", "resume", "rollback"):
        problem_of(api.post(f"{BASE}/repairs/{run.id}/{act}", json={}), 409)
    cancelled = api.post(f"{BASE}/repairs/{run.id}/cancel")
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    problem = problem_of(api.post(f"{BASE}/repairs/{run.id}/apply"), 409)
    assert problem["detail"] == f"run {run.id} is cancelled; only a plan can be applied"


def test_a_plan_that_needs_approval_says_what_to_send(sqlite: Engine) -> None:
    studio = studio_of(sqlite, lost_tasks(5), repair_cap=3)
    run = studio.plan()
    known = {"database_url": sqlite.url.render_as_string(hide_password=False), "redis_url": NOBODY}
    with answering(Settings.model_validate(known)) as api:
        problem = problem_of(api.post(f"{BASE}/repairs/{run.id}/apply", json={}), 409)
        assert problem["detail"].endswith('look at the plan, then send {"approve": true}')
        # With that word it is only the workers that are missing.
        problem_of(api.post(f"{BASE}/repairs/{run.id}/apply", json={"approve": True}), 503)
