"""Whatever dies or goes away in the middle of a deep check: it ends by itself, once, with the right numbers."""

from contextlib import ExitStack
from pathlib import Path
from random import Random

import pytest

from consistency.ledger.runs import Run
from consistency.model import CheckType
from tests.acceptance.house import SPEC, House, children, house, kill
from tests.acceptance.launching import eventually
from tests.factories.comparing import assert_report_is_right
from tests.servers.own_redis import OwnRedis


def deep_run(place: House) -> Run:
    """The only deep run there is, once it has begun."""
    return eventually(lambda: [run for run in place.all_runs() if run.type is CheckType.DEEP])[-1]


def assert_it_ended_once(place: House, run_id: str) -> None:
    run = place.settled(run_id)
    assert run.report is not None
    assert_report_is_right(run.report, place.world, SPEC)
    assert place.lines(run.id) == [run.report]
    assert [each.id for each in place.all_runs() if each.type is CheckType.DEEP].count(run_id) == 1


def test_killed_workers_and_children_leave_a_deep_check_that_ends_by_itself(
    postgres_url: str, redis_url: str, tmp_path: Path
) -> None:
    with house(tmp_path, postgres_url, redis_url) as place:
        worker = place.worker()
        place.beat()
        place.call("deep_check", rule="slow")
        run = deep_run(place)
        eventually(lambda: place.parts_done(run.id) >= 2)
        kill(worker)
        done = place.parts_done(run.id)
        worker = place.worker()
        eventually(lambda: place.parts_done(run.id) > done + 2)
        children(worker)[0].kill()
        eventually(lambda: place.parts_done(run.id) > done + 6)
        kill(worker)
        place.worker()
        assert_it_ended_once(place, run.id)
        assert max(place.attempts(run.id)) > 1, "nobody was killed in the middle of a part"


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_thirty_kills_at_random_moments(postgres_url: str, redis_url: str, tmp_path: Path) -> None:
    random = Random(30)
    with house(tmp_path, postgres_url, redis_url) as place:
        worker = place.worker()
        place.beat()
        for _ in range(30):
            place.call("deep_check", rule="slow")
            eventually(lambda: [run for run in place.all_runs() if not run.is_closed])
            run, target = deep_run(place), random.randrange(14)
            eventually(lambda run=run, target=target: place.parts_done(run.id) >= target)  # type: ignore[misc]
            if random.random() < 0.3:
                random.choice(children(worker)).kill()
            else:
                kill(worker)
                worker = place.worker()
            assert_it_ended_once(place, run.id)


def test_a_worker_waits_for_redis_and_outlives_its_death_in_the_middle_of_a_deep_check(
    postgres_url: str, tmp_path: Path
) -> None:
    own = OwnRedis(tmp_path / "redis")
    with ExitStack() as servers, house(tmp_path, postgres_url, own.service.url) as place:
        worker = place.worker(wait=False)
        place.beat()
        eventually(lambda: "Cannot connect to redis" in place.words() or "Connection refused" in place.words())
        redis = servers.enter_context(own.running())
        eventually(lambda: " ready." in place.words())
        place.call("deep_check", rule="slow")
        run = deep_run(place)
        eventually(lambda: place.parts_done(run.id) >= 2)
        redis.kill()
        redis.wait()
        done = place.parts_done(run.id)
        eventually(lambda: place.parts_done(run.id) > done)
        servers.enter_context(own.running())
        assert_it_ended_once(place, run.id)
        assert worker.poll() is None, "the worker did not outlive it"


def test_two_beats_check_each_slot_once(postgres_url: str, redis_url: str, tmp_path: Path) -> None:
    with house(tmp_path, postgres_url, redis_url, RECONCILERY_QUICK_EVERY="2s") as place:
        place.worker()
        beats = [place.beat(), place.beat()]
        quick = eventually(
            lambda: found if len(found := [run for run in place.all_runs() if run.recorded_at]) >= 6 else None
        )
        assert quick is not None
        assert all(beat.poll() is None for beat in beats)
        assert place.words().count("quick-check") > len(quick) / 2, "each of the two has asked"
        for run in quick:
            assert len(place.lines(run.id)) == 1
            assert run.report is not None
            assert_report_is_right(run.report, place.world, SPEC)
