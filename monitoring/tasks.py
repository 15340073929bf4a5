"""The tasks of listening: thin, by name, without arguments."""

from typing import Any

from celery import Task, shared_task

from consistency.errors import ReconcileryError
from consistency.process import process_resources
from consistency.task_arguments import check_arguments
from monitoring.collecting import collect as collect_events
from monitoring.retention import forget_old_events
from monitoring.totals.keeping import keep_totals
from monitoring.watching import watch as watch_over

Answer = dict[str, Any]


class ListeningTask(Task):  # type: ignore[misc]
    """A task whose wrong arguments and expected errors are told in one line."""

    throws = (ReconcileryError,)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        check_arguments(self.name, self.run, args, kwargs)
        return super().__call__(*args, **kwargs)


@shared_task(base=ListeningTask, name="monitoring.collect", ignore_result=True)
def collect() -> Answer:
    """Take over what services have put into Redis, or left behind on this machine's disk."""
    done = collect_events(process_resources())
    return {"verdict": f"collected {done['adopted'] + done['collected']} events", **done}


@shared_task(base=ListeningTask, name="monitoring.watch", ignore_result=True)
def watch() -> Answer:
    """Say what is wrong with the product's own storage and schedule."""
    events = watch_over(process_resources())
    return {"verdict": f"{len(events)} events hold", "events": events}


@shared_task(base=ListeningTask, name="monitoring.count", ignore_result=True)
def count() -> Answer:
    """Take what has happened into the sums that metrics show, before it is old and forgotten."""
    done = keep_totals(process_resources())
    return {"verdict": f"{done} sums have grown", "grown": done}


@shared_task(base=ListeningTask, name="monitoring.retain")
def retain() -> Answer:
    """Forget events that have become old."""
    done = forget_old_events(process_resources())
    return {"verdict": f"deleted {sum(done.values())} old rows", **done}
