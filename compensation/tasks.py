"""The Celery tasks of repairs: thin, by name, with small JSON arguments; what they do stands in plain functions."""

from typing import Any

import structlog
from celery import Task, shared_task, signature
from kombu.exceptions import OperationalError

from compensation import control, scheduling, sweeping
from compensation.bench import bench_for
from compensation.checking_again import forget_slices, outdated_checks
from compensation.copying import copy_what_has_changed
from compensation.engine import work
from compensation.item_counts import counted_undoing
from compensation.plans.opening import RepairOrder, open_repair
from compensation.plans.planning import make_plan
from compensation.providers.choosing import require_provider
from compensation.retention import forget_old_repairs
from compensation.runs import RepairRefused, Run, require_run
from compensation.states import RunState
from compensation.summary import summary_of
from compensation.undo import rolling_back
from compensation.undo.yielding import yield_to_originals
from consistency.database import transaction
from consistency.errors import BadRequest, ReconcileryError
from consistency.ledger.repair_events import untold_events
from consistency.process import process_redis, process_resources, process_settings
from consistency.resources import Resources, require_repair_tables
from consistency.task_arguments import check_arguments

Answer = dict[str, Any]

log = structlog.get_logger(__name__)

TURN = 20.0
LONGEST_PAUSE = 30.0
ACTOR = "celery"


class RepairTask(Task):  # type: ignore[misc]
    """A task whose wrong arguments are told in one line, and whose expected errors make no traceback."""

    throws = (ReconcileryError,)
    # A task that waits for others may have to come back often; None in `retry` would mean three times.
    max_retries = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        check_arguments(self.name, self.run, args, kwargs)
        return super().__call__(*args, **kwargs)


@shared_task(bind=True, base=RepairTask, name="compensation.compensate")
def compensate(
    self: Task,
    start_date: str | None = None,
    end_date: str | None = None,
    task_ids: list | str | None = None,  # type: ignore[type-arg]
    batch_size: int | None = None,
    max_tasks: int | None = None,
    *,
    dry_run: bool = False,
    rule: str | None = None,
    run_id: str | None = None,
) -> Answer:
    """Plan a repair and apply it, unless it is a dry run or needs a person's approval; `run_id` goes on with one."""
    if run_id is None:
        order = RepairOrder(
            rule_id=_one_rule(rule),
            start=start_date,
            end=end_date,
            task_ids=_ids(task_ids),
            batch_size=batch_size,
            max_tasks=max_tasks,
            dry_run=dry_run,
            unattended=True,
            actor=ACTOR,
            slot=f"task {self.request.id}",
        )
        require_provider(process_settings())
        opened, _ = open_repair(process_resources(), order)
        run_id = opened.id
    return _carry_out(run_id)


def _carry_out(run_id: str) -> Answer:
    """Plan what is to be planned, start what may start, and call workers."""
    resources = process_resources()
    with transaction(resources.reader) as connection:
        run = require_run(connection, run_id)
    fresh = run.state is RunState.PLANNING
    if fresh:
        with bench_for(resources, run.rule_id, process_redis()) as bench:
            run = make_plan(bench, run_id, ACTOR)
    if run.state is RunState.PLANNED and not run.dry_run and (not run.needs_approval or run.parameters.approved):
        run = _started(resources, run, fresh=fresh)
    if run.state is RunState.RUNNING:
        _call_workers(run_id, run.parameters.workers)
    tell(run_id)
    return _answer(run)


def _started(resources: Resources, run: Run, *, fresh: bool) -> Run:
    try:
        return control.start(resources, run.id, ACTOR, approved=run.parameters.approved, fresh=fresh)
    except RepairRefused:
        with transaction(resources.reader) as connection:
            found = require_run(connection, run.id)
        if found.state is not RunState.PLANNED:
            # The same message has come twice, and the other one was faster.
            return found
        # Nobody watches it, so it must not be sent again and again.
        control.cancel(resources, run.id, ACTOR)
        raise


def _one_rule(rule: str | None) -> str:
    rules = process_settings().rule_by_id(rule)
    if len(rules) > 1:
        raise BadRequest(f"rule: there are several rules, name one of {', '.join(each.id for each in rules)}")
    return rules[0].id


def _ids(given: list[Any] | str | None) -> list[str] | None:
    if given is None:
        return None
    return given.split(",") if isinstance(given, str) else [str(each) for each in given]


def _call_workers(run_id: str, number: int) -> None:
    try:
        for _ in range(number):
            pump.delay(run_id=run_id)
    except (OperationalError, RuntimeError) as error:
        log.warning("repair.not_sent", run_id=run_id, reason=str(error)[:200], next="the sweeper sends it again")


def tell(run_id: str) -> None:
    """Send a notification task for each event of the run that nobody was told of yet."""
    with transaction(process_resources().reader) as connection:
        events = untold_events(connection, run_id)
    try:
        for event in events:
            signature("notifiers.notify", kwargs={"event_id": event.id}).apply_async()
    except (OperationalError, RuntimeError) as error:
        log.warning("event.not_sent", run_id=run_id, reason=str(error)[:200], next="the sweeper sends it again")


def _check_again(run: Run) -> None:
    """Call the checks that would now see something else; a call that is lost waits for the schedule."""
    resources = process_resources()
    try:
        forget_slices(resources, run)
        for kind in outdated_checks(resources, run):
            signature(f"monitor_tasks.{kind}_check", kwargs={"rule": run.rule_id}).apply_async()
    except (OperationalError, RuntimeError, ReconcileryError) as error:
        log.warning("checks.not_called", run_id=run.id, reason=str(error)[:200], next="they run as scheduled")


def _answer(run: Run) -> Answer:
    with transaction(process_resources().reader) as connection:
        return summary_of(connection, require_run(connection, run.id))


@shared_task(bind=True, base=RepairTask, name="compensation.pump")
def pump(self: Task, run_id: str) -> Answer:
    """Work on batches of a run for a while, and come back while something of it is due soon."""
    resources = process_resources()
    with transaction(resources.reader) as connection:
        before = require_run(connection, run_id)
    with bench_for(resources, before.rule_id, process_redis()) as bench:
        run, held = work(bench, run_id, turn=TURN)
    if run.state is RunState.RUNNING and (wait := sweeping.worth_coming_back(resources, run)) is not None:
        raise self.retry(countdown=min(max(wait, held), LONGEST_PAUSE))
    tell(run_id)
    if run.state is not before.state:
        _check_again(run)
    return {"verdict": f"{run.state}", "run_id": run_id}


@shared_task(bind=True, base=RepairTask, name="compensation.rollback")
def rollback(self: Task, run_id: str, *, dry_run: bool = False) -> Answer:
    """Take a run back; with `dry_run` only say what that would do."""
    resources = process_resources()
    with transaction(resources.reader) as connection:
        rule = resources.rule(require_run(connection, run_id).rule_id)
    if dry_run:
        undone = rolling_back.rehearse(resources, rule, run_id)
        return {"schema_version": 1, "run_id": run_id, "dry_run": True, **undone.as_dict()}
    rolling_back.begin(resources, run_id, ACTOR)
    with counted_undoing(resources, process_redis(), run_id):
        run = rolling_back.roll_back(resources, rule, run_id, turn=TURN)
    tell(run_id)
    if run.state is RunState.ROLLING_BACK:
        raise self.retry(countdown=0)
    _check_again(run)
    return _answer(run)


@shared_task(base=RepairTask, name="compensation.reap")
def reap() -> Answer:
    """Send again what was lost: plans, batches, verifications, rollbacks, notifications."""
    resources = process_resources()
    require_repair_tables(resources.primary)
    found = sweeping.stalled(resources)
    for run_id, step in found:
        if step == sweeping.PLAN:
            compensate.delay(run_id=run_id)
        elif step == sweeping.ROLL_BACK:
            rollback.delay(run_id=run_id)
        else:
            pump.delay(run_id=run_id)
    for run_id in sweeping.runs_with_untold_events(resources):
        tell(run_id)
    copy_what_has_changed(resources)
    return {"verdict": f"sent {len(found)} again", "runs": found}


@shared_task(base=RepairTask, name="compensation.scheduled")
def scheduled() -> Answer:
    """What the schedule does: plan, or plan and apply within the caps, for every rule that can be repaired."""
    resources = process_resources()
    if resources.settings.repair_schedule != "off":
        require_provider(resources.settings)
    opened = scheduling.open_scheduled(resources)
    for run_id in opened.run_ids:
        compensate.delay(run_id=run_id)
    return {"verdict": f"opened {len(opened.run_ids)} repairs", "runs": opened.run_ids, "left_out": opened.left_out}


@shared_task(base=RepairTask, name="compensation.retain")
def retain() -> Answer:
    """Forget repairs that have become old."""
    done = forget_old_repairs(process_resources())
    return {"verdict": f"deleted {done['repairs_deleted']} old repairs", **done}


@shared_task(base=RepairTask, name="compensation.yield_originals")
def yield_originals() -> Answer:
    """Give way to what the application has written late in the last 14 days."""
    resources = process_resources()
    rules = [resources.rule(rule.id) for rule in resources.settings.rules if rule.child.columns]
    yielded = sum(yield_to_originals(resources.primary, rule) for rule in rules)
    if yielded:
        copy_what_has_changed(resources, anew=True)
    return {"verdict": f"{yielded} rows gave way to originals", "yielded": yielded}
