"""Works on a running repair: claims batches, asks the provider for their tasks, and writes what it answers.

Any number of processes may do so for one run. Whoever dies loses its lease, and its items go on with somebody else.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine

from compensation.answers import answer_of
from compensation.claims import Batch, Item, claim_batch, end_batch, renew
from compensation.judging import IN_A_ROW, reason_to_pause
from compensation.outcomes import Outcome, ended
from compensation.pacing import LONGEST_BATCH
from compensation.patience import patient
from compensation.progress import counts_of, has_open_items, latest_outcomes
from compensation.provider import Answer, Kind
from compensation.runs import Run, beat, change_state, require_run
from compensation.settling import defer, settle
from compensation.states import RunState
from compensation.storing import StopRun, store
from compensation.supply import Held, Supply
from compensation.verifying import verify
from consistency.database import database_now, transaction
from consistency.errors import ClaimLost
from consistency.host import BoundRule
from consistency.resources import Resources

FRESH = timedelta(minutes=20)
WORKER = "worker"
#: How many tasks are written in one transaction at most; twice as many are asked for ahead.
TOGETHER = 25
_MOMENT = 0.03
#: A limit that lets go within so many seconds is waited for; for a longer one the batch is given back.
SHORT_WAIT = 2.0


@dataclass
class Bench:
    """What a process works with: the database, the provider behind its limits, and its name."""

    resources: Resources
    supply: Supply
    rule: BoundRule
    worker: str
    on_item: Callable[[], None] = lambda: None


@dataclass
class _Done:
    """What has become of a batch so far."""

    finished: int = 0
    held: Held | None = None
    stop: str = ""
    lost: bool = False
    began: float = field(default_factory=time.monotonic)

    def lose(self) -> None:
        """An item was taken away, so the others were too."""
        self.lost = True

    @property
    def is_over(self) -> bool:
        return self.held is not None or bool(self.stop) or self.lost


def work(bench: Bench, run_id: str, *, turn: float = float("inf")) -> tuple[Run, float]:
    """Work on batches of the run until none is due or `turn` seconds are over, and close it when all is done.

    Returns the run as it stands then, and after how many seconds it is worth coming back.
    """
    engine, began, pause = bench.resources.primary, time.monotonic(), 1.0
    while time.monotonic() - began < turn:
        batch = claim_batch(engine, run_id, bench.worker, bench.resources.settings.lease)
        if batch is None:
            break
        done = _work_on(bench, batch)
        if done.stop:
            _pause(bench, run_id, done.stop)
        elif done.held is not None:
            pause = done.held.seconds
            break
        else:
            _judge(bench, run_id)
    return _advance(bench, run_id), pause


def _work_on(bench: Bench, batch: Batch) -> _Done:
    calls, done = bench.supply.calls, _Done()
    keeper = _Keeper(bench, batch)
    try:
        for answered in _answers(bench, batch, done):
            _settle(bench, answered, done)
            for _ in answered:
                bench.on_item()
            done.lost = done.lost or not keeper.keep()
    finally:
        seconds = time.monotonic() - done.began
        end_batch(bench.resources.primary, batch, done.finished, bench.supply.calls - calls, seconds, done.stop)
    return done


def _answers(bench: Bench, batch: Batch, done: _Done) -> Iterator[list[tuple[Item, Answer | Held]]]:
    """The answers as they come; nothing new is asked once the batch is over, but what was asked is still heard."""
    threads = min(len(batch.items), bench.resources.settings.provider_in_flight)
    items, until = iter(batch.items), done.began + LONGEST_BATCH.total_seconds()
    with ThreadPoolExecutor(threads, thread_name_prefix="ask") as pool:
        asked: dict[Future[Answer | Held], Item] = {}
        while True:
            while len(asked) < 2 * TOGETHER and not done.is_over and (item := next(items, None)):
                asked[pool.submit(_ask, bench.supply, item, until)] = item
            if not asked:
                return
            wait(asked, return_when=FIRST_COMPLETED)
            # What comes at nearly the same time is written in one transaction.
            finished, _ = wait(asked, timeout=_MOMENT)
            finished = set(list(finished)[:TOGETHER])
            yield [(asked.pop(future), future.result()) for future in finished]


def _ask(supply: Supply, item: Item, until: float) -> Answer | Held:
    if item.outputs is not None and item.fetched_at is not None and _is_fresh(item.fetched_at):
        return answer_of(item.outputs)
    if not item.provider_task_id:
        return Answer(Kind.BAD_ITEM, code="no_provider_id", detail="the task has no id at the provider")
    while isinstance(answer := supply.fetch(item.provider_task_id), Held) and answer.seconds <= SHORT_WAIT:
        if time.monotonic() + answer.seconds > until:
            break
        time.sleep(answer.seconds)
    return answer


def _is_fresh(fetched_at: datetime) -> bool:
    # The worker's clock decides only whether the provider is asked once more.
    return datetime.now(fetched_at.tzinfo) - fetched_at < FRESH


def _settle(bench: Bench, answered: Sequence[tuple[Item, Answer | Held]], done: _Done) -> None:
    engine, found = bench.resources.primary, []
    for item, answer in answered:
        if isinstance(answer, Held):
            done.held = answer
        elif answer.kind is Kind.STOP_RUN:
            done.stop = f"{answer.code}: {answer.detail}" if answer.code else answer.detail
        elif answer.kind is Kind.FOUND:
            found.append((item, answer))
        else:
            _settle_without_outputs(engine, item, answer, done)
    try:
        done.finished += store(engine, bench.rule, found, done.lose)
    except StopRun as error:
        done.stop = str(error)


def _settle_without_outputs(engine: Engine, item: Item, answer: Answer, done: _Done) -> None:
    outcome = ended(answer, item.attempts)
    try:
        if isinstance(outcome, Outcome):
            settle(engine, item, outcome.state, outcome.code, outcome.detail)
            done.finished += 1
        else:
            defer(engine, item, outcome, answer.code or answer.kind, answer.detail, attempt=True)
    except ClaimLost:
        done.lose()


class _Keeper:
    """Keeps a batch's lease while the work goes on; it writes at most every third of the lease."""

    def __init__(self, bench: Bench, batch: Batch) -> None:
        self.bench, self.batch, self.kept = bench, batch, time.monotonic()

    def keep(self) -> bool:
        """False once the batch is somebody else's."""
        if time.monotonic() - self.kept < self.batch.lease.total_seconds() / 3:
            return True
        self.kept = time.monotonic()
        _beat(self.bench, self.batch.run.id)
        return renew(self.bench.resources.primary, self.batch)


@patient
def _pause(bench: Bench, run_id: str, reason: str) -> None:
    with transaction(bench.resources.primary) as connection:
        run = require_run(connection, run_id)
        if run.state is RunState.RUNNING:
            change_state(connection, run, RunState.PAUSED, WORKER, payload={"reason": reason}, reason=reason[:500])


@patient
def _beat(bench: Bench, run_id: str) -> None:
    with transaction(bench.resources.primary) as connection:
        beat(connection, run_id, bench.supply.throttle_reason())


def _judge(bench: Bench, run_id: str) -> None:
    with transaction(bench.resources.reader) as connection:
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
