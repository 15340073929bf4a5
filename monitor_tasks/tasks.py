"""The Celery tasks: thin, by name, with small JSON arguments; everything they do stands in plain functions."""

import inspect
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid5
from zoneinfo import ZoneInfo

import structlog
from celery import Task, chain, signature
from kombu.exceptions import OperationalError

from consistency.dates import window_of
from consistency.errors import ReconcileryError
from consistency.ledger.runs import RUNNING, Run
from consistency.model import CheckType, Window
from consistency.process import process_redis, process_resources
from consistency.resources import Resources
from consistency.task_arguments import check_arguments
from monitor_tasks import checks, recording
from monitor_tasks.celery import app, settings
from monitor_tasks.slots import slot_of
from monitor_tasks.sweeping import forget_old, stalled_runs

Answer = dict[str, Any]

log = structlog.get_logger(__name__)

TURN = 10.0
MOST_HELPERS = 15


class OwnTask(Task):  # type: ignore[misc]
    """A task whose wrong arguments are told in one line, and whose expected errors make no traceback."""

    throws = (ReconcileryError,)
    # A task that waits for other workers may have to come back often; None in `retry` would mean three times.
    max_retries = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        check_arguments(self.name, self.run, args, kwargs)
        return super().__call__(*args, **kwargs)


@app.task(bind=True, base=OwnTask, name="monitor_tasks.quick_check")
def quick_check(self: Task, rule: str | None = None, *, scheduled: bool = False, run_id: str | None = None) -> Answer:
    """Check the last hour; `run_id` goes on with a run that is already in the ledger."""
    return _check(self, CheckType.QUICK, rule, scheduled=scheduled, run_id=run_id)


@app.task(bind=True, base=OwnTask, name="monitor_tasks.full_check")
def full_check(self: Task, rule: str | None = None, *, scheduled: bool = False, run_id: str | None = None) -> Answer:
    """Check the last 24 hours."""
    return _check(self, CheckType.FULL, rule, scheduled=scheduled, run_id=run_id)


@app.task(bind=True, base=OwnTask, name="monitor_tasks.deep_check")
def deep_check(self: Task, rule: str | None = None, *, scheduled: bool = False, run_id: str | None = None) -> Answer:
    """Check the last 14 days, with the trend."""
    return _check(self, CheckType.DEEP, rule, scheduled=scheduled, run_id=run_id)


@app.task(bind=True, base=OwnTask, name="monitor_tasks.range_check")
def range_check(
    self: Task,
    start: str | None = None,
    end: str | None = None,
    rule: str | None = None,
    *,
    run_id: str | None = None,
) -> Answer:
    """Check any window; `start` and `end` are dates or times as on the command line."""
    window = None
    if run_id is None:
        zone = ZoneInfo(settings.timezone)
        window = window_of(start, end, zone, datetime.now(UTC), timedelta(days=1), ("start", "end"))
    return _check(self, CheckType.RANGE, rule, run_id=run_id, window=window)


def _check(
    task: Task,
    kind: CheckType,
    rule_id: str | None,
    *,
    scheduled: bool = False,
    run_id: str | None = None,
    window: Window | None = None,
) -> Answer:
    resources, run = process_resources(), None
    if run_id is None:
        rules = settings.rule_by_id(rule_id)
        if len(rules) > 1:
            return _one_task_a_rule(task, [rule.id for rule in rules])
        slot = _slot(task, kind, scheduled=scheduled)
        run, _ = checks.start(resources, kind, rules[0].id, window=window, slot=slot, task_id=task.request.id or "")
        run_id = run.id
        if kind is not CheckType.QUICK:
            _call_helpers(resources, run)
    run = checks.work(resources, run_id, turn=TURN, on_closed=_record_then_notify, known=run)
    if run.report is not None:
        return run.report
    if run.state != RUNNING:
        return {"verdict": "cancelled: whoever asked for this check did not wait for it", "check_id": run_id}
    again = {**task.request.kwargs, "run_id": run_id}
    raise task.retry(kwargs=again, countdown=0 if checks.is_claimable(resources, run_id) else 1)


def _slot(task: Task, kind: CheckType, *, scheduled: bool) -> str:
    # A message that comes twice has one task id, and so the second copy finds the run of the first.
    return slot_of(kind, datetime.now(UTC), settings) if scheduled else f"task {task.request.id}"


def _one_task_a_rule(task: Task, rule_ids: list[str]) -> Answer:
    given = inspect.signature(task.run).bind(*task.request.args, **task.request.kwargs).arguments
    ids = {rule_id: str(uuid5(NAMESPACE_OID, f"{task.request.id} {rule_id}")) for rule_id in rule_ids}
    for rule_id, task_id in ids.items():
        app.send_task(task.name, kwargs={**given, "rule": rule_id}, task_id=task_id)
    return {"verdict": f"started one check for each of {len(ids)} rules", "tasks": ids}


def _call_helpers(resources: Resources, run: Run) -> None:
    try:
        for _ in range(min(checks.open_scans(resources, run.id) - 1, MOST_HELPERS)):
            help_run.delay(run_id=run.id)
    except (OperationalError, RuntimeError) as error:
        log.warning("helpers.not_called", run_id=run.id, reason=str(error)[:200], next="this process works alone")


def _record_then_notify(run: Run) -> None:
    following = chain(
        record.si(run_id=run.id), signature("notifiers.notify", kwargs={"check_id": run.id}, immutable=True)
    )
    try:
        following.apply_async()
    except (OperationalError, RuntimeError) as error:
        log.warning("chain.not_sent", run_id=run.id, reason=str(error)[:200], next="the sweeper sends it again")


@app.task(bind=True, base=OwnTask, name="monitor_tasks.help_run")
def help_run(self: Task, run_id: str) -> Answer:
    """Take parts of a run that another task has started."""
    resources = process_resources()
    run = checks.work(resources, run_id, turn=TURN, on_closed=_record_then_notify)
    if run.state == RUNNING and checks.is_claimable(resources, run_id):
        raise self.retry(countdown=0)
    return {"verdict": "nothing left to take", "run_id": run_id}


@app.task(base=OwnTask, name="monitor_tasks.record")
def record(run_id: str) -> Answer:
    """Write the report of a closed run to the day file and to Redis."""
    report = recording.record(process_resources(), process_redis(), run_id)
    return {"verdict": report["verdict"], "check_id": run_id, "recorded": True}


@app.task(base=OwnTask, name="monitor_tasks.sweep")
def sweep() -> Answer:
    """Send again what was lost."""
    resources = process_resources()
    stalled = stalled_runs(resources, settings.sweep_every)
    for run, step in stalled:
        if step == "work":
            name = f"monitor_tasks.{run.type}_check"
            app.send_task(name, kwargs={"run_id": run.id}, expires=settings.sweep_every.total_seconds())
        else:
            _record_then_notify(run)
    return {"verdict": f"sent {len(stalled)} again", "runs": {run.id: step for run, step in stalled}}


@app.task(base=OwnTask, name="monitor_tasks.retain")
def retain() -> Answer:
    """Compress and delete what has become old."""
    done = forget_old(process_resources())
    return {"verdict": f"deleted {done['runs_deleted']} old runs", **done}
