"""What is forgotten of repairs, and what is not."""

import os
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, update

from compensation import control
from compensation.engine import work
from compensation.retention import forget_old_repairs
from compensation.runs import find_run
from consistency.ledger.repair_tables import repair_runs
from tests.factories.studio import Studio, lost_tasks, studio_of


def aged(studio: Studio, run_id: str, days: int) -> None:
    then = datetime.now(UTC) - timedelta(days=days)
    with studio.resources.primary.begin() as connection:
        ended = update(repair_runs).where(repair_runs.c.id == run_id, repair_runs.c.finished_at.is_not(None))
        connection.execute(ended.values(finished_at=then))
        connection.execute(update(repair_runs).where(repair_runs.c.id == run_id).values(created_at=then))


def test_an_old_run_goes_with_its_items_and_journal_and_its_rows_stay(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(3))
    old, young = studio.plan(task_ids=["1", "2"]), studio.plan(task_ids=["3"])
    for run in (old, young):
        control.start(studio.resources, run.id, "ann", approved=False)
        work(studio.bench(), run.id)
    aged(studio, old.id, 91)
    assert forget_old_repairs(studio.resources)["repairs_deleted"] == 1
    assert {entry.run_id for entry in studio.journal()} == {young.id}
    assert (studio.items(old.id), len(studio.items(young.id)), len(studio.rows())) == ([], 1, 3)


def test_a_run_that_is_still_paused_is_never_forgotten(sqlite: Engine) -> None:
    studio = studio_of(sqlite, lost_tasks(2))
    run = studio.plan()
    control.start(studio.resources, run.id, "ann", approved=False)
    control.pause(studio.resources, run.id, "ann")
    aged(studio, run.id, 400)
    assert forget_old_repairs(studio.resources)["repairs_deleted"] == 0
    with studio.resources.reader.connect() as connection:
        assert find_run(connection, run.id) is not None


def test_old_records_of_the_log_folder_go(sqlite: Engine, tmp_path: object) -> None:
    studio = studio_of(sqlite, lost_tasks(1), log_dir=tmp_path)
    run = studio.plan()
    control.start(studio.resources, run.id, "ann", approved=False)
    work(studio.bench(), run.id)
    record = studio.resources.settings.log_dir / "repairs" / f"{run.id}.jsonl"
    assert forget_old_repairs(studio.resources)["records_deleted"] == 0
    long_ago = (datetime.now(UTC) - timedelta(days=91)).timestamp()
    os.utime(record, (long_ago, long_ago))
    assert forget_old_repairs(studio.resources)["records_deleted"] == 1
    assert not record.exists()
