"""The Celery app: what `celery -A monitor_tasks` finds."""

import sys
from typing import Any

from celery import Celery, signals

from consistency.errors import ConfigurationError
from consistency.heartbeats import beat_once
from consistency.logs import configure_logging
from consistency.process import forget_inherited, process_settings
from monitor_tasks.garbage import discard_garbage

try:
    settings = process_settings()
except ConfigurationError as error:
    sys.stderr.write(f"Error: {error}\n")
    raise SystemExit(error.exit_code) from None

app = Celery("monitor_tasks", include=["monitor_tasks.tasks", "notifiers.tasks"])
app.config_from_object("celeryconfig")
discard_garbage()


@signals.worker_process_init.connect
def _forget_inherited(**_: Any) -> None:
    forget_inherited()


@signals.setup_logging.connect
def _configure_logging(**_: Any) -> None:
    configure_logging(settings, "scheduler" if "beat" in sys.argv else "worker")


@signals.heartbeat_sent.connect
def _beat(**_: Any) -> None:
    beat_once(settings.log_dir, "worker")
