"""Lets the workers work on a run: asked first whether anybody is there, then told by messages, which are hints only."""

from contextlib import suppress

from api.orders.broker import require_redis, send, somebody_answers
from compensation import control
from compensation.runs import RepairRefused, Run
from consistency.errors import BrokerUnavailable
from consistency.resources import Resources
from consistency.settings import Settings


def require_workers(settings: Settings, what_stays: str, otherwise: str = "") -> None:
    """BrokerUnavailable, which says what stays as it is, unless Redis and a worker answer.

    `otherwise` says what can be done without any worker.
    """
    try:
        require_redis(settings)
        answered = somebody_answers("compensation.pump")
    except BrokerUnavailable as error:
        said = str(error).rstrip(".")
        raise BrokerUnavailable(
            f"{said}{'' if said.endswith('?') else '.'} Nothing was started; {what_stays}"
        ) from None
    if not answered:
        raise BrokerUnavailable(
            "no worker answered and nothing was started; start one with: celery -A monitor_tasks worker"
            f"{otherwise}; {what_stays}"
        )


def call_workers(resources: Resources, run: Run, actor: str) -> None:
    """One message for each batch that may be worked on at once; a run that cannot be sent is paused."""
    try:
        wake(run)
    except BrokerUnavailable:
        with suppress(RepairRefused):
            control.pause(resources, run.id, actor, reason="Redis did not take the messages to the workers")
        raise


def wake(run: Run) -> None:
    """Send the messages; BrokerUnavailable if Redis does not take them."""
    for _ in range(run.parameters.workers):
        send("compensation.pump", run_id=run.id)


def call_for_rollback(run_id: str) -> None:
    """Ask the workers to go on with a rollback that has begun."""
    send("compensation.rollback", run_id=run_id)
