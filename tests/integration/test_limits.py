"""The limits of a provider over several processes, and each of them with Redis and without."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis

from compensation.limits.breaker import Admission, Breaker, Phase
from compensation.limits.breaker_rules import BreakerTimes
from compensation.limits.budget import Budget
from compensation.limits.cell import Cell
from compensation.limits.gate import GateTimes
from compensation.limits.in_flight import InFlight
from compensation.limits.slowing import Slowing
from compensation.provider import Answer, Kind
from compensation.supply import Held, Supply
from consistency.latest import connect
from consistency.shared import Shared
from tests.factories.limiting import Scripted, eventually, limits

ROOT = Path(__file__).parent.parent.parent
PROGRAM = Path(__file__).with_name("limits_program.py")
HASTY = GateTimes(patience=0.0)


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with connect(limits(redis_url)) as connected:
        yield connected


@pytest.fixture(params=["shared", "alone"])
def shared(request: pytest.FixtureRequest) -> Iterator[Shared]:
    """The real Redis, and none: both must behave alike."""
    given = Shared(request.getfixturevalue("client") if request.param == "shared" else None)
    yield given
    assert not given.lost
    given.close()


def start(part: str, redis_url: str, **order: Any) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    given = json.dumps({"part": part, "url": redis_url, **order})
    return subprocess.Popen([sys.executable, PROGRAM, given], env=environment)


def ended(processes: list[subprocess.Popen[bytes]]) -> list[int]:
    return [process.wait() for process in processes]


def too_many(grants: list[tuple[float, float]], most: int) -> list[float]:
    """Where seconds begin in which certainly more than `most` were granted, whatever the moment between its two was."""

    def certainly_within(begin: float) -> int:
        return sum(1 for first, last in grants if begin <= first and last <= begin + 1)

    return [begin for begin, _ in grants if certainly_within(begin) > most]


@pytest.mark.parametrize(("rate", "burst"), [(5, 1), (30, 2)])
def test_processes_together_keep_to_the_rate(redis_url: str, client: redis.Redis, rate: int, burst: int) -> None:
    order = {"rate": rate, "total": 3 * rate}
    assert ended([start("take_grants", redis_url, **order) for _ in range(4)]) == [0, 0, 0, 0]
    grants = [json.loads(grant) for grant in client.lrange("grants", 0, -1)]
    assert len(grants) >= 3 * rate
    assert too_many(grants, rate + burst) == []


def test_the_place_of_a_killed_process_comes_back(redis_url: str, client: redis.Redis) -> None:
    places = InFlight(Shared(client), "places", limit=1, lease=1.0)
    with start("hold_a_place", redis_url, lease=5.0) as holder:
        eventually(lambda: client.lrange("held", 0, -1) == ["True"])
        assert places.take() is None
        holder.kill()
    assert eventually(places.take)
    assert places.take() is None


def test_a_process_that_meets_an_ill_provider_keeps_the_others_from_asking(redis_url: str, client: redis.Redis) -> None:
    assert ended([start("fail", redis_url)]) == [0]
    assert client.get("asked") == "5"
    provider = Scripted([Kind.FOUND])
    supply = Supply(provider, limits(redis_url), client)
    held = supply.fetch("1")
    assert isinstance(held, Held)
    assert held.reason.startswith("provider_open until ")
    assert (provider.asked, supply.calls) == ([], 0)


def test_of_all_processes_one_probes_at_a_time(redis_url: str, client: redis.Redis) -> None:
    times = GateTimes(breaker=BreakerTimes(first=0.5))
    ill = Supply(Scripted([Kind.TRANSIENT]), limits(redis_url), client, times=times)
    while isinstance(ill.fetch("1"), Answer):
        pass
    processes = [start("probe", redis_url, processes=4, first=0.5) for _ in range(4)]
    assert ended(processes) == [0, 0, 0, 0]
    assert client.lrange("events", 0, 5) == ["begin", "end"] * 3


def open_up(breaker: Breaker) -> None:
    for _ in range(BreakerTimes().in_a_row):
        admission = breaker.admit()
        assert admission == Admission()
        breaker.tell(admission, Kind.TRANSIENT)


def probed(breaker: Breaker, kind: Kind) -> None:
    admission = breaker.admit()
    assert admission.probe is not None
    breaker.tell(admission, kind)
    admission.probe.release()


def test_a_probe_that_fails_opens_for_all_for_twice_as_long(client: redis.Redis) -> None:
    shared = Shared(client)
    quick = Breaker(shared, "b", 60.0, BreakerTimes(first=0.02))
    slow = Breaker(shared, "b", 60.0, BreakerTimes(first=250.0, jitter=0.0))
    open_up(quick)
    eventually(lambda: quick.state().phase is Phase.HALF_OPEN)
    probed(slow, Kind.TRANSIENT)
    assert quick.state().phase is Phase.OPEN
    assert 250 < quick.admit().seconds <= 500


def test_the_breaker_opens_and_says_until_when(shared: Shared) -> None:
    breaker = Breaker(shared, "b", 60.0, BreakerTimes(first=500.0))
    open_up(breaker)
    assert 300 < breaker.admit().seconds <= 600
    state = breaker.state()
    assert state.phase is Phase.OPEN
    assert state.until is not None


def test_the_breaker_closes_after_three_probes_one_at_a_time(shared: Shared) -> None:
    breaker = Breaker(shared, "b", 60.0, BreakerTimes(first=0.02))
    open_up(breaker)
    eventually(lambda: breaker.state().phase is Phase.HALF_OPEN)
    first = breaker.admit()
    assert first.probe is not None
    assert breaker.admit().seconds > 0
    first.probe.release()
    for kind in (Kind.LIMITED, Kind.NO_OUTPUT, Kind.STOP_RUN, Kind.LATER):
        probed(breaker, kind)
        assert breaker.state().phase is Phase.HALF_OPEN
    probed(breaker, Kind.GONE)
    assert breaker.state().phase is Phase.CLOSED


def test_a_probe_whose_holder_is_gone_is_free_after_its_lease(shared: Shared) -> None:
    breaker = Breaker(shared, "b", 0.05, BreakerTimes(first=0.02))
    open_up(breaker)
    eventually(lambda: breaker.state().phase is Phase.HALF_OPEN)
    assert breaker.admit().probe is not None
    assert eventually(lambda: breaker.admit().probe)


def test_places_are_limited_and_come_back(shared: Shared) -> None:
    places = InFlight(shared, "p", limit=2, lease=60.0)
    one, two = places.take(), places.take()
    assert one is not None
    assert two is not None
    assert places.take() is None
    one.release()
    one.release()
    assert places.take() is not None
    assert places.take() is None


def test_a_place_that_nobody_gives_back_ends_with_its_lease(shared: Shared) -> None:
    places = InFlight(shared, "p", limit=1, lease=0.05)
    assert places.take() is not None
    assert eventually(places.take)


def test_a_hold_ends_and_the_rate_is_lower(shared: Shared) -> None:
    budget = Budget(shared, "r", 1000.0, workers=1)
    assert budget.take(60.0) == 0
    budget.slow_down(timedelta(milliseconds=300))
    eventually(lambda: not budget.take(0.0))
    assert budget.words().startswith("limit of 5")
    assert budget.words().endswith(" calls/s, slowed down from 1000 because the provider refused calls")


def test_a_glance_is_never_ahead_of_the_servers_time_when_its_answer_came_late(client: redis.Redis) -> None:
    cell = Cell(Shared(client), "c", Slowing, 60.0)
    cell.read()
    busy = client.connection_pool.get_connection()
    # Some 10 ms: less than the age of a glance, so that the second one is the first, carried on.
    busy.send_command("EVAL", "for _ = 1, 1000000 do end", 0)  # type: ignore[no-untyped-call]
    cell.glance()
    _, now = cell.glance()
    seconds, micros = client.time()
    busy.read_response()
    client.connection_pool.release(busy)
    assert now <= seconds + micros / 1_000_000


def test_a_hold_is_for_everybody(client: redis.Redis) -> None:
    Budget(Shared(client), "r", 0.0, workers=1).slow_down(timedelta(minutes=5))
    other = Budget(Shared(client), "r", 0.0, workers=1)
    assert 200 < other.take(0.0) <= 300
    assert other.is_slowed()


def test_every_key_begins_with_the_prefix_and_holds_the_providers_name(redis_url: str, client: redis.Redis) -> None:
    provider = Scripted([*[Kind.TRANSIENT] * 5, Kind.LIMITED], name="some:body 1")
    times = GateTimes(breaker=BreakerTimes(first=0.02))
    settings = limits(redis_url, key_prefix="a.b:", provider_rate=500)
    supply = Supply(provider, settings, client, times=times)
    provider.meanwhile = lambda: seen.update(map(str, client.keys()))
    seen = set[str]()
    eventually(lambda: isinstance(answer := supply.fetch("1"), Answer) and answer.kind is Kind.LIMITED)
    seen.update(map(str, client.keys()))
    parts = ("breaker", "breaker:probe", "in_flight", "rate", "rate:slowed")
    sums = "a.b:counts"
    assert seen == {sums, *(f"a.b:provider:some:body 1:{part}" for part in parts)}
    assert [key for key in client.scan_iter() if client.ttl(key) < 0] == [sums]


@pytest.mark.parametrize("damage", ["", "{", "[]", "5", '{"recent": 1, "of": 2}', '{"recent": 5}', '{"until": "x"}'])
def test_a_damaged_record_is_a_new_one(redis_url: str, client: redis.Redis, damage: str) -> None:
    for part in ("breaker", "rate:slowed"):
        client.set(f"reconcilery:provider:scripted:{part}", damage)
    supply = Supply(Scripted([Kind.TRANSIENT]), limits(redis_url), client, times=HASTY)
    asked = [isinstance(supply.fetch("1"), Answer) for _ in range(7)]
    assert asked == [True] * 5 + [False] * 2
