"""Where the ledger is a database of its own, onlookers read copies of repairs there; the ledger on each database."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, delete, event, func, select, update

from compensation import control
from compensation.copying import copied, copy_what_has_changed
from compensation.engine import work
from compensation.onlookers import Onlooker, onlooker
from compensation.plans.opening import RepairOrder, open_repair
from compensation.plans.planning import make_plan
from compensation.retention import forget_old_repairs
from compensation.runs import Run, require_run
from compensation.summary import summary_of
from compensation.undo import rolling_back
from consistency.database import connect, transaction
from consistency.errors import DatabaseError
from consistency.ledger.repair_copies import repair_copies
from consistency.ledger.repair_tables import repair_runs
from consistency.model import Window
from consistency.resources import Resources
from tests.factories.own_tables import make_own_tables
from tests.factories.studio import DAY_AGO, Studio, lost_tasks, studio_of
from tests.factories.taking_away import LONG_AGO

RULE = "task-outputs"
DAY = timedelta(days=1)


@pytest.fixture
def apart(engine: Engine, tmp_path: Path) -> Iterator[Studio]:
    """Five tasks without their output, and the ledger in another database."""
    primary = connect(f"sqlite:///{tmp_path / 'application.sqlite'}")
    studio = studio_of(primary, lost_tasks(5))
    make_own_tables(engine)
    studio.resources.store = engine
    yield studio
    primary.dispose()


def seen(resources: Resources, ask: Any) -> Any:
    """What an onlooker is told who asks the ledger."""
    with transaction(resources.store) as connection:
        there: Onlooker | None = onlooker(resources, connection)
        assert there is not None
        return ask(there)


def foremost(studio: Studio) -> Any:
    found = seen(studio.resources, lambda there: there.foremost())
    return found and without_pace(found)


def truth(studio: Studio, run: Run) -> Any:
    with transaction(studio.resources.reader) as connection:
        return without_pace(summary_of(connection, require_run(connection, run.id)))


def without_pace(summary: dict[str, Any]) -> dict[str, Any]:
    """Without what the clock alone changes."""
    pace = {name: value for name, value in summary["progress"].items() if name not in {"per_minute", "eta_seconds"}}
    return {**summary, "progress": pace}


def started(studio: Studio, **order: Any) -> Run:
    return control.start(studio.resources, studio.plan(**order).id, "ann", approved=True)


def lose_copies(studio: Studio) -> None:
    """As when a process has died between a change and its copy."""
    with transaction(studio.resources.store) as connection:
        connection.execute(delete(repair_copies))


def test_each_step_of_a_repair_is_seen_at_once(apart: Studio) -> None:
    assert foremost(apart) is None
    run = apart.plan()
    assert foremost(apart) == truth(apart, run)
    for step in (
        lambda: control.start(apart.resources, run.id, "ann", approved=True),
        lambda: control.pause(apart.resources, run.id, "ann"),
        lambda: control.resume(apart.resources, run.id, "ann"),
        lambda: work(apart.bench(), run.id),
        lambda: rolling_back.begin(apart.resources, run.id, "ann"),
        lambda: rolling_back.roll_back(apart.resources, apart.resources.rule(RULE), run.id),
    ):
        before = foremost(apart)
        step()
        assert foremost(apart) == truth(apart, run) != before


def test_a_plan_that_fails_is_seen(apart: Studio) -> None:
    run, _ = open_repair(apart.resources, RepairOrder(rule_id=RULE, actor="ann"))
    assert seen(apart.resources, lambda there: there.numbers()) == {"planning": 1}
    bench = apart.bench()
    with apart.resources.primary.begin() as connection:
        connection.exec_driver_sql("DROP TABLE task_outputs")
    with pytest.raises(DatabaseError, match="task_outputs"):
        make_plan(bench, run.id, "ann")
    assert foremost(apart)["state"] == "failed"


def test_how_far_a_repair_is_can_be_seen_while_it_works(apart: Studio) -> None:
    run, bench, done = started(apart, batch_size=1), apart.bench(), list[int]()
    bench.on_item = lambda: done.append(foremost(apart)["counts"].get("done", 0))
    work(bench, run.id)
    assert (done[0], 1 in done) == (0, True)
    assert (foremost(apart)["counts"], foremost(apart)["rows_written"]) == ({"done": 5}, 5)


def test_repairs_are_counted_and_found_as_the_runs_themselves(apart: Studio) -> None:
    apart.plan(dry_run=True)
    run = started(apart)
    work(apart.bench(), run.id)
    window = Window(DAY_AGO - DAY, DAY_AGO + 2 * DAY)
    whole = replace(apart.resources, store=apart.resources.primary)
    for ask in (
        lambda there: there.numbers(),
        lambda there: [each["run_id"] for each in there.worked_in(RULE, window)],
        lambda there: there.worked_in("another", window),
        lambda there: there.worked_in(RULE, Window(DAY_AGO - 2 * DAY, DAY_AGO)),
    ):
        assert seen(apart.resources, ask) == seen(whole, ask)
    (found,) = seen(apart.resources, lambda there: there.worked_in(RULE, window))
    assert without_pace(found) == truth(apart, run)


def test_what_was_not_copied_is_made_up_for(apart: Studio) -> None:
    run = started(apart)
    lose_copies(apart)
    assert foremost(apart) is None
    copy_what_has_changed(apart.resources)
    assert foremost(apart) == truth(apart, run)
    with transaction(apart.resources.store) as connection:
        connection.execute(update(repair_copies).values(state_version=0, summary="{}", state="cancelled"))
    copy_what_has_changed(apart.resources)
    assert foremost(apart) == truth(apart, run)


def test_what_has_ended_is_not_copied_again(apart: Studio) -> None:
    run = started(apart)
    work(apart.bench(), run.id)
    with transaction(apart.resources.store) as connection:
        connection.execute(update(repair_copies).values(summary='{"as": "it was"}'))
    copy_what_has_changed(apart.resources)
    assert seen(apart.resources, lambda there: there.foremost()) == {"as": "it was"}
    copy_what_has_changed(apart.resources, anew=True)
    assert foremost(apart) == truth(apart, run)


def test_a_ledger_that_takes_no_copies_does_not_hold_up_a_repair(apart: Studio) -> None:
    with apart.resources.store.begin() as connection:
        repair_copies.drop(connection)
    run = started(apart)
    ended, _ = work(apart.bench(), run.id)
    assert (ended.state, len(apart.rows())) == ("succeeded", 5)
    with apart.resources.store.begin() as connection:
        repair_copies.create(connection)
    copy_what_has_changed(apart.resources)
    assert foremost(apart) == truth(apart, run)


def test_a_copy_that_was_read_earlier_does_not_replace_a_later_one(apart: Studio) -> None:
    run = started(apart)
    with transaction(apart.resources.store) as connection:
        later = {"as_of": run.created_at + DAY, "summary": '{"read": "later"}'}
        connection.execute(update(repair_copies).values(later))
    copied(apart.resources, run)
    assert seen(apart.resources, lambda there: there.foremost()) == {"read": "later"}


def test_many_who_copy_at_once_leave_one_copy(apart: Studio) -> None:
    run = started(apart)
    for _ in range(5):
        lose_copies(apart)
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda _: copied(apart.resources, run), range(8)))
        assert seen(apart.resources, lambda there: there.numbers()) == {"running": 1}


def test_what_is_forgotten_is_seen_no_more(apart: Studio) -> None:
    run = started(apart)
    work(apart.bench(), run.id)
    with apart.resources.primary.begin() as connection:
        connection.execute(update(repair_runs).values(created_at=LONG_AGO, finished_at=LONG_AGO))
    forget_old_repairs(apart.resources)
    copy_what_has_changed(apart.resources)
    assert foremost(apart) is None


def test_nothing_is_copied_where_both_are_one_database(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(3))
    run = started(studio)
    work(studio.bench(), run.id)
    copy_what_has_changed(studio.resources, anew=True)
    with transaction(engine) as connection:
        assert connection.scalar(select(func.count()).select_from(repair_copies)) == 0
    assert foremost(studio) == truth(studio, run)


def test_who_is_slow_to_copy_does_not_put_back_what_was_before(postgres: Engine, sqlite: Engine) -> None:
    studio = studio_of(postgres, lost_tasks(2))
    make_own_tables(sqlite)
    studio.resources.store = sqlite
    run, paused = started(studio), list[Run]()

    def pause_meanwhile(_: object, __: object, statement: str, *more: object) -> None:
        if "FROM reconcilery_repair_runs" in statement and not paused:
            paused.append(run)
            control.pause(studio.resources, run.id, "ann")

    event.listen(postgres, "after_cursor_execute", pause_meanwhile)
    copied(studio.resources, run)
    event.remove(postgres, "after_cursor_execute", pause_meanwhile)
    assert paused
    assert foremost(studio)["state"] == "paused"
