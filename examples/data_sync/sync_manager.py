"""Copies new rows from the remote database to the local one, and tells how that went."""

import sqlite3
import time

from config import Config
from databases import DatabaseManager

from monitoring.monitor_interface import EventLevel, EventType, MonitorInterface

#: A type of event of our own, beside the built-in ones.
TABLE_SKIPPED = "table_skipped"
COLUMNS = "(id, symbol, value, recorded_at)"


class SyncManager:
    """One call of `run` is one synchronisation; it may be killed at any time and goes on where it was."""

    def __init__(self, config: Config, monitor: MonitorInterface) -> None:
        self.config, self.monitor, self.databases = config, monitor, DatabaseManager(config)
        monitor.register_event_type(TABLE_SKIPPED)

    def run(self) -> int:
        """How many rows were copied; whatever goes wrong is told as `sync_failure`, and raised."""
        began = time.monotonic()
        with self.monitor.tracked("sync", "synchronise", tables=list(self.config.tables)) as work:
            copied = {table: self._copy(table) for table in self.config.tables}
            total = sum(copied.values())
            work.message = f"synchronised: {total} records"
            work.details["copied"] = copied
            work.metrics["records_synced"] = total
        self._warn_if_slow(time.monotonic() - began)
        return total

    def _copy(self, table: str) -> int:
        copied = 0
        try:
            while rows := self._next_rows(table):
                with self.databases.local() as local:
                    local.executemany(f"INSERT OR IGNORE INTO {table} {COLUMNS} VALUES (?, ?, ?, ?)", rows)  # noqa: S608 - of Config
                copied += len(rows)
        except sqlite3.OperationalError as error:
            if "no such table" not in str(error):
                raise
            self.monitor.emit_event(TABLE_SKIPPED, EventLevel.WARNING, f"{table} is missing", {"table": table})
        return copied

    def _next_rows(self, table: str) -> list[tuple[object, ...]]:
        with self.databases.local() as local:
            newest = self.databases.newest(local, table)
        question = f"SELECT id, symbol, value, recorded_at FROM {table} WHERE id > ? ORDER BY id LIMIT ?"  # noqa: S608 - the same
        with self.databases.remote() as remote:
            return remote.execute(question, (newest, self.config.batch_size)).fetchall()

    def _warn_if_slow(self, seconds: float) -> None:
        if seconds > self.config.slow_seconds:
            self.monitor.emit_event(
                EventType.PERFORMANCE_WARNING,
                EventLevel.WARNING,
                f"the synchronisation took {seconds:.1f} s",
                metrics={"duration_seconds": seconds, "allowed_seconds": self.config.slow_seconds},
            )
