"""Calls to the provider and what became of tasks are counted for all processes together, where there is a Redis."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from redis import Redis
from sqlalchemy import Engine

from compensation import control
from compensation.engine import work
from compensation.item_counts import counted_undoing
from compensation.provider import Answer, Kind
from compensation.states import RunState
from compensation.supply import Supply
from compensation.undo import rolling_back
from consistency.shared import Shared
from consistency.shared_counts import SharedCounts
from tests.factories.limiting import Scripted, limits
from tests.factories.studio import lost_tasks, studio_of


@pytest.fixture
def client(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url) as opened:
        yield opened


def counts_in(client: Redis) -> SharedCounts:
    return SharedCounts(Shared(client), "reconcilery:")


def test_sums_grow_with_what_everybody_adds(client: Redis) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: counts_in(client).add({("a", "ä"): 2, ("b",): 0.5}), range(10)))
    assert counts_in(client).read() == {("a", "ä"): 20, ("b",): 5}


def test_a_field_that_is_not_ours_is_passed_over(client: Redis) -> None:
    client.hset("reconcilery:counts", mapping={"junk": 1, "[1]": 2, '["ok"]': "x", "7": 1})
    assert counts_in(client).read() == {("1",): 2}


def test_without_an_answer_nothing_is_counted_and_nobody_is_disturbed() -> None:
    with Redis.from_url("redis://127.0.0.1:1/0") as nowhere:
        counts = counts_in(nowhere)
        counts.add({("a",): 1})
        assert counts.read() is None
    assert SharedCounts(Shared(None), "x").read() is None


def test_every_call_is_counted_by_what_it_brought(client: Redis) -> None:
    script: list[Answer | Kind] = [Kind.FOUND, Answer(Kind.NO_OUTPUT, calls=3), Kind.TRANSIENT]
    supply = Supply(Scripted(script), limits(), client)
    for number in range(3):
        supply.fetch(str(number))
    supply.close()
    sums = counts_in(client).read() or {}
    calls = {name[1]: amount for name, amount in sums.items() if name[0] == "calls"}
    assert calls == {"found": 1, "no_output": 3, "transient": 1}
    assert sum(amount for name, amount in sums.items() if name[0] == "call_seconds") == 3
    assert sums["call_seconds_sum",] >= 0


def test_tasks_are_counted_by_what_became_of_them_and_again_when_they_are_taken_back(
    engine: Engine, client: Redis
) -> None:
    studio = studio_of(engine, lost_tasks(7, kept=3))
    plan = studio.plan()
    control.start(studio.resources, plan.id, "ann", approved=False)
    supply = Supply(studio.shelf, studio.resources.settings, client)
    run, _ = work(replace(studio.bench(), supply=supply), plan.id)
    supply.close()
    assert run.state is RunState.SUCCEEDED
    items = counts_in(client).read() or {}
    assert {name: amount for name, amount in items.items() if name[0] == "items"} == {("items", "created"): 7}
    rolling_back.begin(studio.resources, plan.id, "ann")
    rule = studio.resources.rule("task-outputs")
    with counted_undoing(studio.resources, client, plan.id):
        rolling_back.roll_back(studio.resources, rule, plan.id)
    assert (counts_in(client).read() or {})["items", "rolled_back"] == 7
