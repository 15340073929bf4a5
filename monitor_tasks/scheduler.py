"""Celery's own beat scheduler, which also shows that it is alive."""

import socket
from typing import Any

from celery.beat import PersistentScheduler

from consistency.settings import load_settings
from consistency.signs_of_life import SignsOfLife


class HeartbeatScheduler(PersistentScheduler):  # type: ignore[misc]
    """Leaves a sign of life at every turn of its loop, at most five seconds apart."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.signs_of_life = SignsOfLife(load_settings(), "beat", socket.gethostname())

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        self.signs_of_life.give()
        return super().tick(*args, **kwargs)
