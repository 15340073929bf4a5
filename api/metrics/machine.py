"""What only this machine knows: its log folder and the disk below it."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from prometheus_client.metrics_core import Metric

from api.metrics.families import gauge
from consistency.settings import Settings


def file_metrics(settings: Settings) -> list[Metric]:
    """The families of this machine's files; other machines have their own."""
    folder = settings.log_dir.absolute()
    usage = shutil.disk_usage(next(place for place in (folder, *folder.parents) if place.exists()))
    return [
        gauge("event_log_bytes", "Size of all files in the log folder.", (), [((), sum(_sizes(folder)))]),
        gauge("log_disk_bytes", "Size of the disk of the log folder.", (), [((), usage.total)]),
        gauge("log_disk_free_bytes", "Free space on the disk of the log folder.", (), [((), usage.free)]),
    ]


def _sizes(folder: Path) -> Iterator[int]:
    """A file that goes away meanwhile has none."""
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                yield (Path(place) / name).stat().st_size
            except OSError:
                continue
