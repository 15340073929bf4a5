"""Brings the local tables to the present layout: each row gets the day that it was recorded on."""

import sqlite3

from config import Config
from databases import DatabaseManager

from monitoring.monitor_interface import MonitorInterface


class MigrationManager:
    """One call of `run` is one migration, if there is anything to migrate."""

    def __init__(self, config: Config, monitor: MonitorInterface) -> None:
        self.config, self.monitor, self.databases = config, monitor, DatabaseManager(config)

    def run(self) -> int:
        """How many rows were migrated, all of them or none."""
        with self.databases.local() as local:
            old = [table for table in self.config.tables if not _has_day(local, table)]
        if not old:
            return 0
        with self.monitor.tracked("migration", "add the day to each row", tables=old) as work:
            with self.databases.local() as local:
                migrated = sum(_add_day(local, table) for table in old)
            work.metrics["records_migrated"] = migrated
        return migrated


def _has_day(local: sqlite3.Connection, table: str) -> bool:
    return any(name == "day" for _, name, *_ in local.execute(f"PRAGMA table_xinfo({table})"))


def _add_day(local: sqlite3.Connection, table: str) -> int:
    local.execute(f"ALTER TABLE {table} ADD COLUMN day TEXT GENERATED ALWAYS AS (substr(recorded_at, 1, 10))")
    (number,) = local.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - of Config
    return int(number)
