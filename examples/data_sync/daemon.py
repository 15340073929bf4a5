"""A synchroniser that tells Reconcilery what it does: two SQLite files, and every part of the event interface.

python examples/data_sync/daemon.py var/remote.sqlite3 var/local.sqlite3 --every 5
"""

import argparse
import asyncio
import shutil
import signal
import threading
from pathlib import Path

from cleanup_manager import CleanupManager
from config import Config
from databases import DatabaseManager
from migration_manager import MigrationManager
from sync_manager import SyncManager

from consistency.errors import ReconcileryError
from monitoring.console import console_callback
from monitoring.monitor_interface import EventLevel, EventType, MonitorInterface, setup_monitor_interface


def main() -> None:
    """Migrate once, then synchronise and clean up until SIGTERM, Ctrl-C or the last round."""
    options = parsed_options()
    ended = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: ended.set())
    Daemon(Config(options.remote, options.local)).run(options.every, options.rounds, ended)


def parsed_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Copies new rows from one SQLite file to another, and tells of it.")
    parser.add_argument("remote", type=Path, help="where rows arrive; fill.py makes some up")
    parser.add_argument("local", type=Path, help="where they are kept, beside the events")
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two rounds")
    parser.add_argument("--rounds", type=int, default=0, help="how many; 0 goes on for ever")
    return parser.parse_args()


class Daemon:
    """The interface is set up once and handed to everybody who does something."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.databases = DatabaseManager(config)
        self.databases.make_tables()
        self.monitor = setup_monitor_interface(self.databases, service="datasync")
        self.monitor.register_callback(console_callback, min_level=EventLevel.INFO)
        self.sync_manager = SyncManager(config, self.monitor)
        self.cleanup_manager = CleanupManager(config, self.monitor)
        self.migration_manager = MigrationManager(config, self.monitor)

    def run(self, every: float, rounds: int, ended: threading.Event) -> None:
        """Work round by round; a round that fails is told, and the next one tries again."""
        self.monitor.start_heartbeat(every=30)
        try:
            self.migration_manager.run()
            number = 0
            while not ended.is_set() and (not rounds or number < rounds):
                number += 1
                self._round()
                if number != rounds:
                    ended.wait(every)
            asyncio.run(print_status(self.monitor))
        finally:
            self.monitor.close()

    def _round(self) -> None:
        failed = [name for name, work in self._parts().items() if not _succeeds(work)]
        level = EventLevel.ERROR if failed else EventLevel.INFO
        message = f"failed: {', '.join(failed)}" if failed else "everything works"
        free = shutil.disk_usage(self.databases.folder).free
        self.monitor.emit_event(EventType.HEALTH_CHECK, level, message, {"failed": failed}, {"free_bytes": free})
        if free < self.config.least_free_bytes:
            self.monitor.emit_event(
                EventType.STORAGE_WARNING,
                EventLevel.WARNING,
                f"{free / 1e9:.1f} GB are left for the local database",
                metrics={"free_bytes": free},
            )

    def _parts(self) -> dict[str, "SyncManager | CleanupManager"]:
        return {"synchronisation": self.sync_manager, "cleanup": self.cleanup_manager}


def _succeeds(part: "SyncManager | CleanupManager") -> bool:
    try:
        part.run()
    except Exception:  # noqa: BLE001 - the manager has told of it, and the daemon goes on
        return False
    return True


async def print_status(monitor: MonitorInterface) -> None:
    """What has become of the work, from the events; asking needs whoever keeps them, emitting does not."""
    try:
        status = await monitor.get_comprehensive_status()
        sync_metrics = await monitor.get_sync_metrics(hours=24)
        cleanup_metrics = await monitor.get_cleanup_metrics(days=7)
    except ReconcileryError as error:
        print(f"status: nobody can be asked: {error}")
        return
    print(f"status: {status['status']}")
    print(f"synchronised: {sync_metrics['total_records_synced']} records, {sync_metrics['sync_success_count']} times")
    print(f"cleaned up: {cleanup_metrics['total_records_deleted']} records")


if __name__ == "__main__":
    main()
