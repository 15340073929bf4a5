"""Works through one batch: asks the provider for its tasks and writes what it answers, while the lease is kept."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine

from compensation.answers import answer_of
from compensation.batches.claims import Batch, Item, end_batch, renew
from compensation.batches.outcomes import Outcome, ended
from compensation.batches.pacing import LONGEST_BATCH
from compensation.batches.settling import defer, settle
from compensation.batches.storing import StopRun, store
from compensation.bench import Bench
from compensation.details import detail_text
from compensation.provider import Answer, Kind
from compensation.runs import beat
from compensation.supply import Held, Supply
from consistency.database import transaction
from consistency.errors import ClaimLost
from consistency.patience import patient

FRESH = timedelta(minutes=20)
#: How many tasks are written in one transaction at most; twice as many are asked for ahead.
TOGETHER = 25
_MOMENT = 0.03
#: After so many seconds without an answer the lease is looked at all the same.
_LONGEST_SILENCE = 2.0
#: A limit that lets go within so many seconds is waited for; for a longer one the batch is given back.
SHORT_WAIT = 2.0


@dataclass
class Handled:
    """What has become of a batch so far; `stop` says why the whole run should stop."""

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


def work_on(bench: Bench, batch: Batch) -> Handled:
    """Ask for the batch's items, write what comes, and end the batch; whatever happens, it is let go of."""
    calls, done = bench.supply.calls, Handled()
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


def _answers(bench: Bench, batch: Batch, done: Handled) -> Iterator[list[tuple[Item, Answer | Held]]]:
    """The answers as they come; nothing new is asked once the batch is over, but what was asked is still heard.

    An empty list says that nothing has come for a while.
    """
    threads = min(len(batch.items), bench.resources.settings.provider_in_flight)
    items, until = iter(batch.items), done.began + LONGEST_BATCH.total_seconds()
    with ThreadPoolExecutor(threads, thread_name_prefix="ask") as pool:
        asked: dict[Future[Answer | Held], Item] = {}
        while True:
            while len(asked) < 2 * TOGETHER and not done.is_over and (item := next(items, None)):
                asked[pool.submit(_ask, bench.supply, item, until)] = item
            if not asked:
                return
            wait(asked, timeout=_LONGEST_SILENCE, return_when=FIRST_COMPLETED)
            # What comes at nearly the same time is written in one transaction.
            finished, _ = wait(asked, timeout=_MOMENT)
            finished = set(list(finished)[:TOGETHER])
            yield [(asked.pop(future), future.result()) for future in finished]


def _ask(supply: Supply, item: Item, until: float) -> Answer | Held:
    if item.outputs is not None and item.fetched_at is not None and _is_fresh(item.fetched_at):
        return answer_of(item.outputs)
    if not item.provider_task_id:
        return Answer(Kind.BAD_ITEM, code="no_provider_id", detail=detail_text("no_provider_id"))
    while isinstance(answer := supply.fetch(item.provider_task_id), Held) and answer.seconds <= SHORT_WAIT:
        if time.monotonic() + answer.seconds > until:
            break
        time.sleep(answer.seconds)
    return answer


def _is_fresh(fetched_at: datetime) -> bool:
    # The worker's clock decides only whether the provider is asked once more.
    return datetime.now(fetched_at.tzinfo) - fetched_at < FRESH


def _settle(bench: Bench, answered: Sequence[tuple[Item, Answer | Held]], done: Handled) -> None:
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


def _settle_without_outputs(engine: Engine, item: Item, answer: Answer, done: Handled) -> None:
    outcome = ended(answer, item.attempts)
    try:
        if isinstance(outcome, Outcome):
            settle(engine, item, outcome.state, outcome.code, outcome.detail)
            done.finished += 1
        else:
            defer(
                engine,
                item,
                outcome,
                answer.code or answer.kind,
                answer.detail,
                attempt=answer.kind is not Kind.LIMITED,
            )
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
def _beat(bench: Bench, run_id: str) -> None:
    with transaction(bench.resources.primary) as connection:
        beat(connection, run_id, bench.supply.throttle_reason())
