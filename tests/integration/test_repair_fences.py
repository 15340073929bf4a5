"""Whoever has lost its claim writes nothing, at whatever moment it was lost; on each database."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from compensation import control
from compensation.batches.claims import Batch, Item, claim_batch
from compensation.batches.settling import defer, settle
from compensation.batches.writing import Delivery, write_outputs
from compensation.engine import work
from compensation.runs import change_state, require_run
from compensation.states import ItemState, RunState
from consistency.database import transaction
from consistency.errors import ClaimLost
from tests.factories.default_app import tasks
from tests.factories.kinds import LONG
from tests.factories.studio import Studio, found, lost_tasks, studio_of
from tests.factories.taking_away import TAKERS, Thread, cancel, meanwhile, pause, until, until_somebody_waits
from tests.factories.truth import assert_each_output_is_there_once, assert_journal_is_true

Taker = Callable[[Studio, str], None]


def write(studio: Studio, item: Item) -> None:
    """What a worker does with an item once the provider has answered."""
    delivery = Delivery(item, found(str(item.provider_task_id)).outputs)
    write_outputs(studio.resources.primary, studio.resources.rule("task-outputs"), [delivery])


def claimed(studio: Studio) -> Batch:
    """A running repair of everything, whose first batch is in hand."""
    plan = studio.plan()
    control.start(studio.resources, plan.id, "ann", approved=False)
    batch = claim_batch(studio.resources.primary, plan.id, "zombie", timedelta(minutes=1))
    assert batch is not None
    return batch


@pytest.mark.parametrize("take_away", TAKERS)
def test_who_has_lost_its_claim_writes_nothing(engine: Engine, take_away: Taker) -> None:
    studio = studio_of(engine, lost_tasks(3))
    batch = claimed(studio)
    write(studio, batch.items[0])
    take_away(studio, batch.run.id)
    before = (studio.rows(), studio.journal(), studio.items(batch.run.id))
    endings: list[Callable[[Item], Any]] = [
        lambda item: write(studio, item),
        lambda item: settle(engine, item, ItemState.NO_OUTPUT, "late", ""),
        lambda item: defer(engine, item, timedelta(0), "late", "", attempt=True),
    ]
    for end in endings:
        for item in batch.items:
            with pytest.raises(ClaimLost):
                end(item)
    assert (studio.rows(), studio.journal(), studio.items(batch.run.id)) == before


@pytest.mark.parametrize("state", [RunState.PAUSED, RunState.CANCELLED])
def test_a_claim_that_is_lost_while_its_transaction_waits_is_lost(engine: Engine, state: RunState) -> None:
    studio = studio_of(engine, lost_tasks(2))
    batch = claimed(studio)
    writer = Thread(lambda: write(studio, batch.items[0]))
    with transaction(engine) as connection:
        assert change_state(connection, require_run(connection, batch.run.id), state, "ann")
        writer.start()
        until_somebody_waits(engine)
    assert isinstance(writer.ended(), ClaimLost)
    assert (studio.rows(), studio.journal()) == ([], [])


@pytest.mark.parametrize("take_away", [pause, cancel])
def test_a_writer_in_the_middle_is_waited_for(engine: Engine, take_away: Taker) -> None:
    studio = studio_of(engine, lost_tasks(2))
    batch = claimed(studio)
    seen: list[list[Any]] = []

    def take() -> None:
        take_away(studio, batch.run.id)
        seen.append(studio.rows())

    writer, taker = Thread(lambda: write(studio, batch.items[0])), Thread(take)
    with ExitStack() as application:
        connection = application.enter_context(transaction(engine))
        connection.execute(select(tasks.c.id).where(tasks.c.id == 1).with_for_update()).all()
        writer.start()
        until_somebody_waits(engine, 1)
        taker.start()
        until_somebody_waits(engine, 2)
    lost, failed = writer.ended(), taker.ended()
    assert failed is None
    assert lost is None or isinstance(lost, ClaimLost)
    assert seen == [studio.rows()], "something was written after the change of state had returned"
    assert len(studio.rows()) == (lost is None)
    assert_journal_is_true(engine)


@pytest.mark.parametrize("database_url", LONG, indirect=True)
def test_nothing_is_written_after_a_pause_has_returned(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(240), repair_batch_size=3)
    plan = studio.plan()
    control.start(studio.resources, plan.id, "ann", approved=False)
    for pauses in range(1, 5):
        with meanwhile(*(lambda: work(studio.bench(), plan.id) for _ in range(3))):
            until(lambda enough=pauses * 15: len(studio.rows()) >= enough)  # type: ignore[misc]
            assert control.pause(studio.resources, plan.id, "ann").state is RunState.PAUSED
            before = studio.rows()
        assert studio.rows() == before
        control.resume(studio.resources, plan.id, "ann")
    run, _ = work(studio.bench(), plan.id)
    assert run.state is RunState.SUCCEEDED
    assert_each_output_is_there_once(engine, range(1, 241))
    assert_journal_is_true(engine)


@pytest.mark.parametrize("database_url", LONG, indirect=True)
def test_a_run_that_is_cancelled_in_the_middle_keeps_what_it_wrote_and_writes_no_more(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(120), repair_batch_size=3)
    plan = studio.plan()
    control.start(studio.resources, plan.id, "ann", approved=False)
    with meanwhile(*(lambda: work(studio.bench(), plan.id) for _ in range(3))):
        until(lambda: len(studio.rows()) >= 12)
        control.cancel(studio.resources, plan.id, "ann")
        before = studio.rows()
    assert studio.rows() == before
    assert len(before) < 120
    assert_journal_is_true(engine)
    run, _ = work(studio.bench(), plan.id)
    assert run.state is RunState.CANCELLED
    again = studio.plan()
    control.start(studio.resources, again.id, "ann", approved=False)
    run, _ = work(studio.bench(), again.id)
    assert run.state is RunState.SUCCEEDED
    assert_each_output_is_there_once(engine, range(1, 121))
