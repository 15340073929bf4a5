"""With a ledger of its own, workers that are killed leave no copy of a repair as it was: the sweeper puts it right."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from compensation.onlookers import onlooker
from consistency.database import connect, transaction
from consistency.ledger.own_tables import LEDGER
from consistency.ledger.repair_copies import repair_copies
from consistency.ledger.schema import create_or_upgrade
from consistency.resources import Resources
from tests.acceptance.house import kill
from tests.acceptance.launching import eventually
from tests.acceptance.workshop import NODES, Workshop, workshop
from tests.servers.runninghub_process import runninghub_process

TASKS = 24
KEY = "rh-5ecret-0f-the-test"


@pytest.fixture
def apart(tmp_path: Path, postgres_url: str, redis_url: str) -> Iterator[tuple[Workshop, Resources]]:
    store_url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    store = connect(store_url, own_file=True)
    create_or_upgrade(store, LEDGER)
    batches = {"RECONCILERY_REPAIR_BATCH_SIZE": "2", "RECONCILERY_STORE_URL": store_url}
    with (
        runninghub_process(nodes=NODES, key=KEY) as hub,
        workshop(tmp_path, postgres_url, redis_url, hub, TASKS, **batches) as place,
    ):
        yield place, replace(place.resources, store=store)
    store.dispose()


def copy_of(resources: Resources) -> Any:
    """What onlookers are told of the foremost repair."""
    with transaction(resources.store.execution_options(readonly=True)) as connection:
        there = onlooker(resources, connection)
        assert there
        return there.foremost()


def copied_runs(resources: Resources) -> list[str]:
    with transaction(resources.store.execution_options(readonly=True)) as connection:
        return list(connection.scalars(select(repair_copies.c.id)))


def is_told(resources: Resources) -> bool:
    told = copy_of(resources)
    return told is not None and (told["state"], told["rows_written"]) == ("succeeded", 2 * TASKS)


def test_a_copy_is_true_in_the_end_whoever_was_killed_and_whatever_was_lost(apart: tuple[Workshop, Resources]) -> None:
    place, resources = apart
    worker = place.worker()
    place.beat()
    place.publish("compensate", start_date="now-3d", end_date="now")
    for _ in range(4):
        eventually(place.runs)
        kill(worker)
        worker = place.worker()
    (run,) = place.runs()
    assert place.ended_run(run.id).state == "succeeded"
    place.assert_outputs_are_right(TASKS)
    eventually(lambda: is_told(resources))
    with transaction(resources.store) as connection:
        connection.execute(update(repair_copies).values(id="of no run"))
    eventually(lambda: copied_runs(resources) == [run.id])
    assert is_told(resources)
