"""Parts of a run: taken over when their worker is lost, finished once; runs: opened and closed once."""

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, select, text, update

from consistency.database import connect, transaction
from consistency.errors import ClaimLost
from consistency.ledger import parts, runs
from consistency.ledger.tables import check_parts, check_runs
from consistency.model import CheckType, Window
from consistency.remarks import Remark
from consistency.resources import Resources
from monitor_tasks import checks
from monitor_tasks.summary import summarise
from tests.factories.checking import open_run, resources_of
from tests.factories.comparing import assert_report_is_right
from tests.factories.half_done import AS_OF, MINUTE, fill, states
from tests.factories.oracle import Spec

EIGHT_MINUTES = Window(AS_OF - 28 * MINUTE, AS_OF - 20 * MINUTE)
LEASE = timedelta(minutes=1)


def expire_leases(store: Engine, run_id: str) -> None:
    """As if the lease's time had passed."""
    with store.begin() as connection:
        past = AS_OF - timedelta(days=300)
        of_run = update(check_parts).where(check_parts.c.run_id == run_id)
        connection.execute(of_run.where(check_parts.c.lease_until.is_not(None)).values(lease_until=past))


def test_a_process_that_froze_beyond_its_lease_cannot_finish_what_another_has_taken_over(engine: Engine) -> None:
    fill(engine)
    resources = resources_of(engine)
    run, _ = open_run(resources, CheckType.RANGE, AS_OF, window=EIGHT_MINUTES)
    frozen = parts.claim(resources.store, run.id, LEASE)
    assert frozen is not None
    assert parts.claim(resources.store, run.id, LEASE) is None, "the only scan is taken, the summary must wait"
    expire_leases(resources.store, run.id)
    heir = parts.claim(resources.store, run.id, LEASE)
    assert heir is not None
    assert (heir.no, heir.attempts) == (frozen.no, 2)
    with transaction(resources.store) as connection:
        assert not parts.finish(connection, frozen, {"slots": {}, "timings": []}, 1.0)
        assert not parts.split(connection, frozen)
        assert not parts.give_up(connection, frozen, Remark("too late"))
        assert not parts.put_back(connection, frozen, AS_OF)
    assert not parts.renew(resources.store, frozen)
    assert parts.renew(resources.store, heir)
    with transaction(resources.store) as connection:
        assert parts.finish(connection, heir, {"slots": {}, "timings": []}, 1.0)
        assert not parts.finish(connection, heir, {"slots": {}, "timings": []}, 1.0)


def test_a_frozen_worker_that_wakes_up_after_the_run_was_closed_changes_nothing(engine: Engine, tmp_path: Path) -> None:
    world = fill(engine)
    store = connect(f"sqlite:///{tmp_path / 'store.sqlite'}", own_file=True)
    frozen, heir = (resources_of(engine, store=store) for _ in range(2))
    frozen.primary = frozen.read = own = connect(engine.url.render_as_string(hide_password=False))
    run, _ = open_run(heir, CheckType.FULL, AS_OF)
    reports: list[Any] = []

    @event.listens_for(own, "before_cursor_execute")
    def while_frozen(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if "judged" in statement and not reports:
            expire_leases(store, run.id)
            reports.append(checks.work(heir, run.id).report)

    closed: list[runs.Run] = []
    woken = checks.work(frozen, run.id, on_closed=closed.append)
    assert closed == []
    assert woken.report == reports[0]
    assert_report_is_right(reports[0], world, Spec())
    assert [part.attempts for part in _rows(store, run.id)].count(2) == 1
    own.dispose()
    store.dispose()


def _rows(store: Engine, run_id: str) -> list[Any]:
    with store.begin() as connection:
        return list(connection.execute(select(check_parts).where(check_parts.c.run_id == run_id)))


def test_many_workers_share_a_run_and_close_it_once(engine: Engine, tmp_path: Path) -> None:
    world = fill(engine)
    apart = engine.dialect.name == "sqlite"
    store = connect(f"sqlite:///{tmp_path / 'store.sqlite'}", own_file=True) if apart else engine
    run, _ = open_run(resources_of(engine, store=store), CheckType.FULL, AS_OF)
    closed: list[runs.Run] = []
    start, failures = threading.Barrier(4), list[BaseException]()

    def work() -> None:
        resources = resources_of(engine, store=store)
        start.wait()
        try:
            while checks.work(resources, run.id, on_closed=closed.append).state == runs.RUNNING:
                pass
        except BaseException as error:
            failures.append(error)
            raise

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failures == []
    assert len(closed) == 1
    assert closed[0].report is not None
    assert_report_is_right(closed[0].report, world, Spec())
    assert {(part.state, part.attempts) for part in _rows(store, run.id)} == {("done", 1)}
    store.dispose()


def test_two_parts_that_are_split_at_once_get_halves_with_numbers_of_their_own(engine: Engine) -> None:
    fill(engine)
    resources = resources_of(engine)
    run, _ = open_run(resources, CheckType.FULL, AS_OF)
    held = [parts.claim(resources.store, run.id, LEASE) for _ in range(6)]
    start, done = threading.Barrier(6), list[bool]()

    def split(claim: parts.Claim) -> None:
        start.wait()
        with transaction(resources.store) as connection:
            done.append(parts.split(connection, claim))

    splitters = [threading.Thread(target=split, args=(claim,)) for claim in held if claim]
    for splitter in splitters:
        splitter.start()
    for splitter in splitters:
        splitter.join()
    assert done == [True] * 6
    assert states(resources, run.id).count(("scan", "waiting")) == 12 + 1


def open_at_once(resources: Resources, **options: Any) -> list[tuple[str, bool]]:
    start, opened = threading.Barrier(8), list[tuple[str, bool]]()

    def open_one() -> None:
        start.wait()
        run, is_new = open_run(resources, CheckType.QUICK, AS_OF, **options)
        opened.append((run.id, is_new))

    openers = [threading.Thread(target=open_one) for _ in range(8)]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join()
    return opened


@pytest.mark.parametrize("slot", ["", "2026-09-16T03:00:00Z"])
def test_a_run_that_is_asked_for_eight_times_at_once_is_opened_once(engine: Engine, slot: str) -> None:
    fill(engine)
    resources = resources_of(engine)
    opened = open_at_once(resources, slot=slot)
    assert len(opened) == 8
    assert len({run_id for run_id, _ in opened}) == 1
    assert [is_new for _, is_new in opened].count(True) == 1
    with engine.begin() as connection:
        assert len(connection.execute(select(check_runs.c.id)).all()) == 1
        assert len(connection.execute(select(check_parts.c.no)).all()) == 1


def test_a_slot_is_checked_once_for_ever_and_a_run_by_hand_as_often_as_asked(engine: Engine) -> None:
    fill(engine)
    resources = resources_of(engine)
    first, _ = open_run(resources, CheckType.QUICK, AS_OF, slot="03:00")
    by_hand, is_new = open_run(resources, CheckType.QUICK, AS_OF + MINUTE)
    assert (by_hand.id, is_new) == (first.id, False), "a run of the same scope is open, so it is joined"
    checks.work(resources, first.id)
    again, is_new = open_run(resources, CheckType.QUICK, AS_OF + 2 * MINUTE, slot="03:00")
    assert (again.id, again.is_closed, is_new) == (first.id, True, False)
    for _ in range(2):
        run, is_new = open_run(resources, CheckType.QUICK, AS_OF + 2 * MINUTE)
        assert is_new
        checks.work(resources, run.id)
    other, is_new = open_run(resources, CheckType.QUICK, AS_OF + 15 * MINUTE, slot="03:15")
    assert is_new
    with transaction(resources.store) as connection:
        assert runs.cancel_run(connection, other.id, AS_OF)
        assert not runs.cancel_run(connection, other.id, AS_OF)
    assert open_run(resources, CheckType.QUICK, AS_OF + 15 * MINUTE, slot="03:15")[1], "a cancelled slot is free again"


def test_a_closed_run_cannot_be_closed_again(engine: Engine) -> None:
    fill(engine)
    resources = resources_of(engine)
    run, _ = open_run(resources, CheckType.QUICK, AS_OF)
    report = checks.work(resources, run.id).report
    with transaction(resources.store) as connection:
        assert not runs.close_run(connection, run.id, {"other": 1}, AS_OF)
        assert not runs.cancel_run(connection, run.id, AS_OF)
    assert checks.work(resources, run.id).report == report


def test_a_claim_that_is_lost_in_the_summary_rolls_everything_back(engine: Engine) -> None:
    fill(engine)
    resources = resources_of(engine)
    run, _ = open_run(resources, CheckType.QUICK, AS_OF)
    held = parts.claim(resources.store, run.id, LEASE)
    assert held is not None
    expire_leases(resources.store, run.id)
    assert parts.claim(resources.store, run.id, LEASE) is not None
    with pytest.raises(ClaimLost):
        summarise(resources, run, held, checks._source(resources, held))
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM reconcilery_quick_cursors")) == 0
        assert connection.scalar(text("SELECT count(*) FROM reconcilery_open_gaps")) == 0
        assert connection.scalar(select(check_runs.c.state)) == runs.RUNNING
