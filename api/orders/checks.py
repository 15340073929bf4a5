"""Checks handed to the workers: opened in the ledger, sent as a message, then looked at in the ledger.

Messages are hints: once a worker has taken the run, nothing here depends on Redis any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from api.orders.broker import publish, require_redis, somebody_answers
from api.orders.check_orders import CheckOrder, open_check, require_rules
from consistency.database import transaction
from consistency.errors import BrokerUnavailable, CheckFailed
from consistency.ledger import parts
from consistency.ledger.overview import cancel_unless_taken, is_taken, task_of
from consistency.ledger.runs import Run, find_run
from consistency.model import CheckType
from consistency.resources import Resources
from monitor_tasks import checks


@dataclass(frozen=True)
class SentCheck:
    """A run that the workers know of; `new` is False where one was under way already.

    `task_id` is that of the Celery task which began it, None where the run is not there any more.
    """

    run: Run
    new: bool
    task_id: str | None


@dataclass(frozen=True)
class Look:
    """How a run stands: whether a worker has taken it, and how many of its parts have ended."""

    run: Run
    taken: bool
    done: int
    total: int


def start_checks(resources: Resources, kind: CheckType, rule_id: str | None = None) -> list[SentCheck]:
    """A quick, full or deep check of the rule, or of every rule; one that is under way is joined.

    BadRequest for an unknown rule; BrokerUnavailable, and nothing is begun, when Redis does not answer.
    """
    mappings = resources.settings.rule_by_id(rule_id)
    return send_checks(resources, [CheckOrder(kind, mapping.id) for mapping in mappings])


def send_checks(resources: Resources, orders: Sequence[CheckOrder]) -> list[SentCheck]:
    """Open the runs and tell the workers; when one cannot be sent, those that nobody has taken are cancelled.

    MappingError, and none is begun, when one of the rules does not fit its tables.
    """
    require_redis(resources.settings)
    require_rules(resources, orders)
    sent: list[SentCheck] = []
    try:
        for order in orders:
            sent.append(_send(resources, order))  # noqa: PERF401 - what came before an error has to be known
    except BrokerUnavailable:
        withdraw_all(resources, sent)
        raise
    return sent


def _send(resources: Resources, order: CheckOrder) -> SentCheck:
    run, new = open_check(resources, order)
    task_id = run.id if new else str(uuid4())
    try:
        if new or checks.is_claimable(resources, run.id):
            publish(run, task_id)
    except BrokerUnavailable:
        if new:
            withdraw(resources, run)
        raise
    with transaction(resources.store.execution_options(readonly=True)) as connection:
        return SentCheck(run, new, task_of(connection, run.id))


def withdraw(resources: Resources, run: Run) -> bool:
    """Cancel the run unless somebody has begun to work on it; says whether it was cancelled."""
    with transaction(resources.store) as connection:
        return cancel_unless_taken(connection, run.id)


def withdraw_all(resources: Resources, sent: Sequence[SentCheck]) -> None:
    """The same for all that were new."""
    for each in sent:
        if each.new:
            withdraw(resources, each.run)


def look_at_check(resources: Resources, run_id: str) -> Look:
    """How the run stands now; CheckFailed when it is not in the ledger any more."""
    # Reading takes no write lock, also on SQLite.
    with transaction(resources.store.execution_options(readonly=True)) as connection:
        run = find_run(connection, run_id)
        if run is None:
            raise CheckFailed(f"check {run_id} is not in the ledger any more")
        return Look(run, is_taken(connection, run_id), *parts.progress(connection, run_id))


def require_somebody(resources: Resources, run: Run, *, new: bool) -> None:
    """BrokerUnavailable, and a new run that nobody has taken is cancelled, when no worker answers in time."""
    if somebody_answers(f"monitor_tasks.{run.type}_check"):
        return
    if new and not withdraw(resources, run):
        return
    what = "the check was cancelled" if new else f"check {run.id} was asked for before and waits"
    raise BrokerUnavailable(f"no worker answered and {what}; start one with: celery -A monitor_tasks worker")
