"""Speaks to the workers through Celery; the only module of the front doors that knows it."""

from typing import Any

from kombu.exceptions import OperationalError

from consistency.errors import BrokerUnavailable
from consistency.latest import connect, redis_errors
from consistency.ledger.runs import Run
from consistency.masking import mask_text
from consistency.settings import Settings
from monitor_tasks.celery import app

ASK_SECONDS = 5.0
#: Who waits for an answer over HTTP has gone before a patience that befits workers is at its end.
_ANSWER_SECONDS = 2.0


def require_redis(settings: Settings) -> None:
    """BrokerUnavailable, with the address and no password, unless Redis answers."""
    with connect(settings, _ANSWER_SECONDS) as client, redis_errors(client):
        client.ping()


def publish(run: Run, task_id: str) -> None:
    """Ask the workers to go on with a check that is in the ledger."""
    send(f"monitor_tasks.{run.type}_check", task_id, run_id=run.id)


def send(task: str, task_id: str | None = None, **arguments: object) -> None:
    """Send a message to the workers; BrokerUnavailable if Redis does not take it."""
    try:
        app.send_task(task, kwargs=arguments, task_id=task_id)
    except (OperationalError, OSError, RuntimeError) as error:
        raise BrokerUnavailable(f"Redis did not take the message: {mask_text(str(error))[:200]}") from None


class _Answered(Exception):
    """A worker did."""


def somebody_answers(task: str = "") -> bool:
    """Whether a worker answers within some seconds, busy or not: one that the task of that name can reach, or any."""
    queue = app.amqp.router.route({}, task)["queue"].name if task else None

    def stop_waiting(answer: dict[str, Any]) -> None:
        if queue is None or queue in _queues_in(answer):
            raise _Answered

    try:
        # A late answer to an earlier question may come first: names of queues are used again. With a limit of one
        # answer it would be that one, and with none given, only its own ends the waiting before its time.
        # Beat answers a ping as well, but knows nothing of queues.
        app.control.broadcast("active_queues", reply=True, timeout=ASK_SECONDS, callback=stop_waiting)
    except _Answered:
        return True
    except (OperationalError, OSError, RuntimeError) as error:
        raise BrokerUnavailable(f"Redis did not pass the question on: {mask_text(str(error))[:200]}") from None
    finally:
        app.control.mailbox.unclaimed.clear()
    return False


def _queues_in(answer: dict[str, Any]) -> set[str]:
    """The queues that the one worker of an answer listens on; an error in their place is none."""
    (found,) = answer.values()
    return {queue["name"] for queue in found} if isinstance(found, list) else set()


def queue_names() -> list[str]:
    """The queues that workers listen on."""
    return [queue.name for queue in app.conf.task_queues]
