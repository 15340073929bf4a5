"""Every code of RunningHub, from its answer to what becomes of the task."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from compensation import control
from compensation.bench import bench_for
from compensation.engine import work
from compensation.plans.opening import RepairOrder, open_repair
from compensation.plans.planning import make_plan
from compensation.providers.runninghub_codes import KIND_OF_CODE
from compensation.runs import Run
from compensation.states import RunState
from consistency.database import connect
from consistency.resources import Resources
from tests.factories.studio import Studio, lost_tasks, studio_of
from tests.servers.runninghub import RunningHubServer, runninghub

KEY = "0123456789abcdef0123456789abcdef"
TASKS = 80
PLACES = count(1)


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHubServer]:
    with runninghub(key=KEY, nodes=["9", "12"]) as server:
        yield server


@pytest.fixture(scope="module")
def studio(hub: RunningHubServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    engine = connect(f"sqlite:///{tmp_path_factory.mktemp('hub') / 'database.sqlite'}")
    settings = {"runninghub_base_url": hub.url, "runninghub_api_key": KEY, "check_links": True, "repair_preview": 0}
    yield studio_of(engine, lost_tasks(TASKS), provider_timeout=timedelta(seconds=30), **settings)
    engine.dispose()


def worked(studio: Studio, task: int, **settings: Any) -> tuple[Run, Any]:
    """The run over one task after one turn, and its item."""
    run, _ = open_repair(studio.resources, RepairOrder("task-outputs", task_ids=[str(task)], actor="ann"))
    with bench_for(_with(studio.resources, **settings), "task-outputs", None) as bench:
        make_plan(bench, run.id, "ann")
        control.start(studio.resources, run.id, "ann", approved=False)
        ended, _ = work(bench, run.id)
    (item,) = studio.items(run.id)
    return ended, item


def _with(resources: Resources, **settings: Any) -> Resources:
    changed = resources.settings.model_copy(update=settings)
    return Resources(changed, resources.primary, resources.read, resources.store)


def rows(studio: Studio, task: int) -> list[Any]:
    return [row for row in studio.rows() if row.task_id == task]


def codes(kind: str) -> list[str]:
    return [code for code, known in KIND_OF_CODE.items() if known == kind]


ENDS: list[tuple[dict[str, Any], str, str]] = [
    ({"do": "no_output"}, "no_output", "0"),
    ({"do": "failed"}, "upstream_failed", "805"),
    ({"do": "cancelled"}, "upstream_failed", "805"),
    ({"do": "gone"}, "upstream_gone", "807"),
    ({"do": "bad_id"}, "quarantined", "301"),
    ({"do": "code", "code": 0, "data": []}, "no_output", "0"),
    *(({"do": "code", "code": int(code)}, "upstream_failed", code) for code in codes("upstream_failed")),
    *(({"do": "code", "code": int(code)}, "upstream_gone", code) for code in codes("gone")),
    *(({"do": "code", "code": int(code)}, "quarantined", code) for code in codes("bad_item")),
    ({"do": "code", "code": 0, "msg": "APIKEY_TASK_NOT_FOUND"}, "upstream_gone", "0"),
    ({"do": "expired", "at": "files"}, "link_expired", "link_expired"),
    ({"do": "status", "status": 404, "at": "files"}, "link_expired", "link_expired"),
]


@pytest.mark.parametrize(("rule", "state", "code"), ENDS)
def test_what_is_final_ends_the_task(
    studio: Studio, hub: RunningHubServer, rule: dict[str, Any], state: str, code: str
) -> None:
    task = next(PLACES)
    hub.rule(**{"task": f"p-{task}", **rule})
    run, item = worked(studio, task)
    assert (run.state, item.state) == (RunState.SUCCEEDED_WITH_LEFTOVERS, state), item.outcome_detail
    assert item.outcome_code == code
    assert rows(studio, task) == []


#: What is said to the first question, and what the item then waits for.
WAITS: list[tuple[dict[str, Any], str]] = [
    ({"do": "starting"}, "0"),
    ({"do": "running"}, "804"),
    ({"do": "queued"}, "813"),
    *(({"do": "code", "code": int(code)}, code) for code in codes("limited") + codes("transient")),
    ({"do": "code", "code": 1, "msg": "任务正在运行中"}, "1"),
    ({"do": "status", "status": 429, "retry_after": 7}, "HTTP 429"),
    ({"do": "status", "status": 500}, "HTTP 500"),
    ({"do": "status", "status": 503}, "HTTP 503"),
    ({"do": "redirect", "to": "http://127.0.0.1:1/"}, "HTTP 302"),
    ({"do": "html"}, "html"),
    ({"do": "half"}, "connection"),
    ({"do": "empty"}, "empty"),
    ({"do": "huge"}, "too_big"),
    ({"do": "close"}, "connection"),
    ({"do": "slow", "seconds": 60}, "timeout"),
    ({"do": "status", "status": 500, "at": "files"}, "link_unknown"),
]


@pytest.mark.parametrize(("rule", "code"), WAITS)
def test_what_may_pass_lets_the_task_wait(
    studio: Studio, hub: RunningHubServer, rule: dict[str, Any], code: str
) -> None:
    task = next(PLACES)
    hub.rule(**{"task": f"p-{task}", **rule})
    timeout = timedelta(milliseconds=300) if code == "timeout" else timedelta(seconds=30)
    run, item = worked(studio, task, provider_timeout=timeout)
    assert (run.state, item.state, item.outcome_code) == (RunState.RUNNING, "deferred", code), item.outcome_detail
    assert item.attempts == (0 if code in {"1003", "HTTP 429"} else 1)
    assert item.next_try_at is not None
    assert rows(studio, task) == []


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"do": "wrong_key"}, "802"),
        *(({"do": "code", "code": int(code), "msg": f"no, {KEY}"}, code) for code in codes("stop_run")),
        ({"do": "status", "status": 401}, "HTTP 401"),
        ({"do": "status", "status": 403}, "HTTP 403"),
        ({"do": "redirect", "to": "https://other.example/", "status": 301}, "HTTP 301"),
        ({"do": "redirect", "to": "https://other.example/", "status": 308}, "HTTP 308"),
    ],
)
def test_what_no_task_is_to_blame_for_pauses_the_run(
    studio: Studio, hub: RunningHubServer, rule: dict[str, Any], code: str
) -> None:
    task = next(PLACES)
    hub.rule(**{"task": f"p-{task}", **rule})
    run, item = worked(studio, task)
    assert run.state is RunState.PAUSED
    assert (run.reason or "").startswith(f"{code}: ")
    assert KEY not in (run.reason or "")
    assert (item.state, item.attempts, item.outcome_code) == ("pending", 0, None)
    assert rows(studio, task) == []


@pytest.mark.parametrize("truth", ["no_output", "gone"])
def test_outputs_that_only_a_later_source_has_are_written(studio: Studio, hub: RunningHubServer, truth: str) -> None:
    task = next(PLACES)
    hub.rule(truth, task=f"p-{task}", at="outputs")
    run, item = worked(studio, task)
    assert (run.state, item.state) == (RunState.SUCCEEDED, "done")
    found = {row.output_key: row.file_url for row in rows(studio, task)}
    assert found == {f"{node}#0": f"{hub.url}/files/p-{task}/{place}.png" for place, node in enumerate(["9", "12"])}


def test_nothing_was_called_that_costs_money(hub: RunningHubServer) -> None:
    assert hub.seen()["costly"] == {}
