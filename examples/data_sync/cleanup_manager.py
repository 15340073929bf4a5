"""Deletes remote rows that are old and have been copied; its three events are written out one by one."""

import time
from datetime import UTC, datetime

from config import Config
from databases import DatabaseManager

from monitoring.monitor_interface import EventLevel, EventType, MonitorInterface


class CleanupManager:
    """One call of `run` is one cleanup."""

    def __init__(self, config: Config, monitor: MonitorInterface) -> None:
        self.config, self.monitor, self.databases = config, monitor, DatabaseManager(config)
        self._runs = 0

    def run(self) -> int:
        """How many rows were deleted."""
        self._runs += 1
        details = {"cleanup_id": f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{self._runs}"}
        self.monitor.emit_event(EventType.CLEANUP_START, EventLevel.INFO, "clean up the remote database", details)
        began = time.monotonic()
        try:
            deleted = sum(self._clean(table) for table in self.config.tables)
        except Exception as error:
            failed = {**details, "error": f"{type(error).__name__}: {error}"}
            self.monitor.emit_event(EventType.CLEANUP_FAILURE, EventLevel.ERROR, "the cleanup failed", failed)
            raise
        self.monitor.emit_event(
            event_type=EventType.CLEANUP_SUCCESS,
            level=EventLevel.INFO,
            message=f"cleaned up: {deleted} records",
            details=details,
            metrics={"records_deleted": deleted, "duration_seconds": time.monotonic() - began},
        )
        return deleted

    def _clean(self, table: str) -> int:
        before = datetime.now(UTC) - self.config.keep_remote
        with self.databases.local() as local:
            newest = self.databases.newest(local, table)
        delete = f"DELETE FROM {table} WHERE id <= ? AND recorded_at < ?"  # noqa: S608 - of Config
        with self.databases.remote() as remote:
            return remote.execute(delete, (newest, before.isoformat())).rowcount
