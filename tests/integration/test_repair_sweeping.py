"""What the sweeper sends again for repairs, and what it leaves alone; on each database."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import Engine, update

from compensation import control, sweeping
from compensation.batches.claims import claim_batch
from compensation.plans.opening import RepairOrder, open_repair
from compensation.runs import Run, beat, require_run
from compensation.undo import rolling_back
from consistency.database import transaction
from consistency.ledger.repair_tables import repair_runs
from tests.factories.studio import Studio, lost_tasks, studio_of
from tests.factories.taking_away import LONG_AGO, end_leases

MINUTE = timedelta(minutes=1)


def running(engine: Engine) -> tuple[Studio, Run]:
    """A run of nine tasks for two workers, the first of which need not go alone."""
    studio = studio_of(engine, lost_tasks(9), repair_batch_size=3, repair_workers=2)
    plan = studio.plan()
    parameters = json.dumps({**plan.parameters.as_dict(), "canary": 0})
    with engine.begin() as connection:
        connection.execute(update(repair_runs).values(parameters=parameters))
    return studio, control.start(studio.resources, plan.id, "ann", approved=False)


def fall_silent(engine: Engine, run_id: str) -> None:
    with engine.begin() as connection:
        connection.execute(update(repair_runs).where(repair_runs.c.id == run_id).values(heartbeat_at=LONG_AGO))


def again(studio: Studio, run_id: str) -> float | None:
    with studio.resources.reader.connect() as connection:
        return sweeping.worth_coming_back(studio.resources, require_run(connection, run_id))


def test_a_plan_that_nobody_makes_is_sent_again(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(1))
    run, _ = open_repair(studio.resources, RepairOrder(rule_id="task-outputs", actor="ann"))
    assert sweeping.stalled(studio.resources) == []
    fall_silent(engine, run.id)
    assert sweeping.stalled(studio.resources) == [(run.id, sweeping.PLAN)]


def test_a_rollback_that_nobody_goes_on_with_is_sent_again(engine: Engine) -> None:
    studio, run = running(engine)
    control.pause(studio.resources, run.id, "ann")
    rolling_back.begin(studio.resources, run.id, "ann")
    assert sweeping.stalled(studio.resources) == []
    fall_silent(engine, run.id)
    assert sweeping.stalled(studio.resources) == [(run.id, sweeping.ROLL_BACK)]


def test_as_many_workers_are_called_as_can_be_used(engine: Engine) -> None:
    studio, run = running(engine)
    assert sweeping.stalled(studio.resources) == [(run.id, sweeping.WORK)] * 2
    assert claim_batch(engine, run.id, "one", MINUTE)
    assert sweeping.stalled(studio.resources) == [(run.id, sweeping.WORK)]
    assert claim_batch(engine, run.id, "two", MINUTE)
    assert sweeping.stalled(studio.resources) == []
    end_leases(studio, run.id)
    assert sweeping.stalled(studio.resources) == [(run.id, sweeping.WORK)] * 2


def test_who_is_held_by_a_limit_is_not_sent_again_while_it_comes_back_by_itself(engine: Engine) -> None:
    studio, run = running(engine)
    with transaction(engine) as connection:
        beat(connection, run.id, "provider_open until 12:00")
    assert sweeping.stalled(studio.resources) == []
    fall_silent(engine, run.id)
    assert sweeping.stalled(studio.resources) == [(run.id, sweeping.WORK)] * 2


@pytest.mark.parametrize("taken", [0, 1, 2])
def test_who_finds_every_place_taken_does_not_come_back(engine: Engine, taken: int) -> None:
    studio, run = running(engine)
    for place in range(taken):
        assert claim_batch(engine, run.id, f"worker {place}", MINUTE)
    assert again(studio, run.id) == (0.0 if taken < 2 else None)
