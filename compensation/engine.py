"""Works on a running repair: claims batches, asks the provider for their tasks, and writes what it answers.

Any number of processes may do so for one run. Whoever dies loses its lease, and its items go on with somebody else.
"""

import time

from compensation.batches.claims import Batch, claim_batch
from compensation.batches.judging import BAD, IN_A_ROW, reason_to_pause
from compensation.batches.working import work_on
from compensation.bench import Bench
from compensation.copying import Copying, copied
from compensation.item_counts import counts_of_items, ended_in
from compensation.progress import counts_of, has_items_in, has_open_items, latest_outcomes
from compensation.runs import Run, beat, change_state, require_run
from compensation.states import RunState
from compensation.verifying import verify
from consistency.database import database_now, transaction
from consistency.patience import patient
from consistency.remarks import Remark, remarks_object

WORKER = "worker"


def work(bench: Bench, run_id: str, *, turn: float = float("inf")) -> tuple[Run, float]:
    """Work on batches of the run until none is due or `turn` seconds are over, and close it when all is done.

    Returns the run as it stands then, and after how many seconds it is worth coming back.
    """
    engine, began, pause = bench.resources.primary, time.monotonic(), 1.0
    copying = Copying(bench.resources, run_id)
    while time.monotonic() - began < turn:
        batch = claim_batch(engine, run_id, bench.worker, bench.resources.settings.lease)
        if batch is None:
            break
        done = work_on(bench, batch)
        _count(bench, batch)
        copying.now_and_then()
        if done.stop:
            _pause(bench, run_id, Remark(done.stop))
        elif done.held is not None:
            pause = done.held.seconds
            break
        else:
            _judge(bench, run_id)
    return copied(bench.resources, _advance(bench, run_id)), pause


@patient
def _count(bench: Bench, batch: Batch) -> None:
    with transaction(bench.resources.reader) as connection:
        ended = ended_in(connection, batch.items)
    bench.supply.counts.add(counts_of_items(ended))


@patient
def _pause(bench: Bench, run_id: str, reason: Remark) -> None:
    with transaction(bench.resources.primary) as connection:
        run = require_run(connection, run_id)
        if run.state is RunState.RUNNING:
            payload = {"reason": reason.text, **remarks_object([reason])}
            change_state(connection, run, RunState.PAUSED, WORKER, payload=payload, reason=reason.text[:500])


def _judge(bench: Bench, run_id: str) -> None:
    with transaction(bench.resources.reader) as connection:
        if not has_items_in(connection, run_id, BAD):
            return
        run = require_run(connection, run_id)
        counts = counts_of(connection, run_id, run.judged_from or run.started_at)
        latest = latest_outcomes(connection, run_id, run.judged_from or run.started_at, IN_A_ROW)
    if reason := reason_to_pause(counts, latest, run.parameters.canary):
        _pause(bench, run_id, reason)


def _advance(bench: Bench, run_id: str) -> Run:
    """Verify and close the run when nothing is left to do, also where somebody else has died on the way."""
    run, is_mine = _begin_to_verify(bench, run_id)
    return verify(bench.resources, bench.rule, run) if is_mine else run


@patient
def _begin_to_verify(bench: Bench, run_id: str) -> tuple[Run, bool]:
    """The run, and whether it is for the caller to verify it now."""
    with transaction(bench.resources.primary) as connection:
        run, now = require_run(connection, run_id), database_now(connection)
        if run.state is RunState.RUNNING:
            beat(connection, run_id, bench.supply.throttle_reason())
            is_mine = not has_open_items(connection, run_id)
            is_mine = is_mine and change_state(connection, run, RunState.VERIFYING, WORKER)
            return require_run(connection, run_id), is_mine
    silent = run.heartbeat_at is None or now - run.heartbeat_at > bench.resources.settings.lease
    return run, run.state is RunState.VERIFYING and silent
