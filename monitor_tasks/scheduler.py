"""Celery's own beat scheduler, which also shows that it is alive."""

from typing import Any

from celery.beat import PersistentScheduler

from consistency.heartbeats import beat_once
from consistency.settings import load_settings


class HeartbeatScheduler(PersistentScheduler):  # type: ignore[misc]
    """Leaves a sign of life at every turn of its loop, at most five seconds apart."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.log_dir = load_settings().log_dir

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        beat_once(self.log_dir, "beat")
        return super().tick(*args, **kwargs)
