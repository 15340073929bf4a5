"""The Celery app: what `celery -A monitor_tasks` finds."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import structlog
from celery import Celery, signals

from consistency.errors import BadRequest, ConfigurationError, DatabaseError, ReconcileryError
from consistency.logs import configure_logging
from consistency.process import forget_inherited, process_resources, process_settings
from consistency.signs_of_life import SignsOfLife
from monitor_tasks.garbage import discard_garbage


@contextmanager
def _ending_with_one_line() -> Iterator[None]:
    """A wrong setting ends the process; Celery would log another exception of a signal, and go on."""
    try:
        yield
    except ConfigurationError as error:
        sys.stderr.write(f"Error: {error}\n")
        raise SystemExit(error.exit_code) from None


with _ending_with_one_line():
    settings = process_settings()

ROOMS = ("monitor_tasks", "compensation", "notifiers", "monitoring")
app = Celery("monitor_tasks", include=[f"{room}.tasks" for room in ROOMS])
app.config_from_object("celeryconfig")
discard_garbage()


@signals.worker_process_init.connect
def _forget_inherited(**_: Any) -> None:
    forget_inherited()


@signals.worker_init.connect
def _refuse_wrong_mappings(**_: Any) -> None:
    """A rule that does not fit its tables is told when the worker starts; a database that is down may come up later."""
    with _ending_with_one_line():
        # Celery sets logging up only after this.
        configure_logging(settings, "worker")
        resources = process_resources()
        try:
            for rule in settings.rules:
                resources.rule(rule.id)
        except DatabaseError as error:
            structlog.get_logger(__name__).warning("database.not_ready", reason=str(error))
        finally:
            resources.dispose()


@signals.task_prerun.connect
def _name_task_in_log(task_id: str, task: Any, kwargs: dict[str, Any], **_: Any) -> None:
    run_id = kwargs.get("run_id") or kwargs.get("check_id")
    known = {"task_id": task_id, "root_id": task.request.root_id, "run_id": run_id}
    structlog.contextvars.bind_contextvars(**{name: value for name, value in known.items() if value})


@signals.task_postrun.connect
def _forget_task_in_log(**_: Any) -> None:
    structlog.contextvars.clear_contextvars()


@signals.task_failure.connect
def _log_failure(sender: Any, exception: BaseException, **_: Any) -> None:
    """Celery logs what a task is expected to raise as information, which nobody looks at for errors."""
    if isinstance(exception, ReconcileryError) and not isinstance(exception, BadRequest):
        structlog.get_logger(__name__).error("task.failed", task=sender.name, reason=str(exception))


@signals.setup_logging.connect
def _configure_logging(**_: Any) -> None:
    with _ending_with_one_line():
        configure_logging(settings, "scheduler" if "beat" in sys.argv else "worker")


@cache
def _signs_of_life(name: str) -> SignsOfLife:
    return SignsOfLife(settings, "worker", name)


@signals.heartbeat_sent.connect
def _beat(sender: Any, **_: Any) -> None:
    _signs_of_life(sender.eventer.hostname).give()
