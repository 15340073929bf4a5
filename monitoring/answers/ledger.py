"""Answers out of the own tables."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, Engine

from consistency.database import database_now, transaction
from consistency.settings import Settings
from monitoring.answers.answers import Answer
from monitoring.figures import reading, status


class LedgerAnswers:
    """Reads anew at each question; safe for threads."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings

    def sync_metrics(self, hours: float) -> Answer:
        return self._read(lambda connection, now: reading.sync_metrics(connection, hours, now))

    def cleanup_metrics(self, days: float) -> Answer:
        return self._read(lambda connection, now: reading.cleanup_metrics(connection, days, now))

    def migration_metrics(self, days: float) -> Answer:
        return self._read(lambda connection, now: reading.migration_metrics(connection, days, now))

    def comprehensive_status(self) -> Answer:
        return self._read(lambda connection, now: status.comprehensive_status(connection, self._settings, now))

    def close(self) -> None:
        self._engine.dispose()

    def _read(self, asked: Callable[[Connection, datetime], Answer]) -> Answer:
        with transaction(self._engine.execution_options(readonly=True)) as connection:
            return asked(connection, database_now(connection))
