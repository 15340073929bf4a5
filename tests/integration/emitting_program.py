"""One of several services that emit as fast as they can; says at the end how many events went which way."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from consistency.events import EventLevel, EventType
from monitoring.monitor_interface import setup_monitor_interface

WAIT_SECONDS = 1_200.0


def level_of(number: int) -> EventLevel:
    """Mostly harmless ones, some of which people are told, and a few grave ones that are on the disk at once."""
    if number % 1000 == 0:
        return EventLevel.ERROR
    return EventLevel.WARNING if number % 100 == 0 else EventLevel.INFO


def main() -> None:
    service, count = sys.argv[1], int(sys.argv[2])
    monitor = setup_monitor_interface(service=service)
    for number in range(count):
        monitor.emit_event(
            EventType.SYNC_SUCCESS,
            level_of(number),
            "数据同步完成",
            details={"operation_id": str(number), "tables": ["coin_data", "indicator_data"]},
            metrics={"records_synced": number, "duration_seconds": 30.5},
        )
    whole = monitor.flush(WAIT_SECONDS)
    sys.stdout.write(json.dumps({"whole": whole, **asdict(monitor.counts)}))


main()
