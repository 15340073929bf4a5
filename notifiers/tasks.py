"""The notification tasks; they are sent by name, with ids only."""

from collections.abc import Iterable
from typing import Any

import structlog
from celery import Task, shared_task
from kombu.exceptions import OperationalError

from consistency.errors import BadRequest, ReconcileryError
from consistency.process import process_resources
from consistency.task_arguments import check_arguments
from notifiers.deliveries import sending
from notifiers.post_office import process_post
from notifiers.retention import forget_old
from notifiers.sweeping import due, sweep_all
from notifiers.telling import tell_check, tell_repair

Answer = dict[str, Any]

log = structlog.get_logger(__name__)

#: The sweeper calls again for what is still due, so that calls which nobody heard must not gather on the queue.
WAITS_SECONDS = 30


class NotifyTask(Task):  # type: ignore[misc]
    """A task whose wrong arguments are told in one line."""

    throws = (ReconcileryError,)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        check_arguments(self.name, self.run, args, kwargs)
        return super().__call__(*args, **kwargs)


@shared_task(base=NotifyTask, name="notifiers.notify")
def notify(check_id: str | None = None, event_id: int | None = None) -> Answer:
    """Take in what a check found, or what has happened to a repair, and have sent what is to be told now."""
    if (event_id is None) == (check_id is None):
        raise BadRequest("notifiers.notify: it takes check_id or event_id")
    resources = process_resources()
    told = tell_check(resources, check_id) if check_id is not None else tell_repair(resources, event_id or 0)
    have_sent(told.deliveries)
    return told.answer


@shared_task(base=NotifyTask, name="notifiers.deliver")
def deliver(delivery_id: str) -> Answer:
    """Make one attempt to send a message through its channel."""
    report = sending.deliver(process_post(), delivery_id)
    have_sent([report["fallback_id"]] if "fallback_id" in report else [])
    return {"verdict": f"{report['state']} through {report['channel']}", **report}


@shared_task(base=NotifyTask, name="notifiers.sweep", ignore_result=True)
def sweep() -> Answer:
    """Find what is to be told or sent and is not, and see to it."""
    resources = process_resources()
    sweep_all(resources)
    deliveries = due(resources)
    have_sent(deliveries)
    return {"verdict": f"{len(deliveries)} messages are to be sent", "deliveries": len(deliveries)}


@shared_task(base=NotifyTask, name="notifiers.retain")
def retain() -> Answer:
    """Forget alerts, messages and silences that have become old."""
    done = forget_old(process_resources())
    return {"verdict": f"deleted {sum(done.values())} old rows", **done}


def have_sent(delivery_ids: Iterable[str]) -> None:
    """One task for each delivery; a message that is lost is sent by the sweeper."""
    try:
        for delivery_id in delivery_ids:
            deliver.apply_async(kwargs={"delivery_id": delivery_id}, expires=WAITS_SECONDS)
    except (OperationalError, RuntimeError) as error:
        log.warning("deliveries.not_called", reason=str(error)[:200], next="the sweeper calls them")
