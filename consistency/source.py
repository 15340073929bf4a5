"""Where the application's rows are read."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine

from consistency.resources import Resources


def _no_progress() -> None:
    """Nobody wants to hear of it."""


@dataclass(frozen=True)
class Source:
    """Bulk is read from `read` (a replica, if there is one), the second look always from `primary`.

    `on_progress` is called between statements.
    """

    read: Engine
    primary: Engine
    statement_timeout: timedelta
    on_progress: Callable[[], None] = _no_progress


def source_of(resources: Resources, on_progress: Callable[[], None] = _no_progress) -> Source:
    """The source that the settings describe."""
    return Source(resources.read, resources.primary, resources.settings.statement_timeout, on_progress)
