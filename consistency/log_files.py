"""A log handler for many processes: each line is one write to the end of a file, opened by name for each line.

So nothing is torn, forked processes share nothing, and whoever moves a file away needs to tell nobody.
"""

import logging
import os
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path


class AppendingHandler(logging.Handler):
    """Writes formatted records to the file that `path` names at that moment."""

    def __init__(self, path: Callable[[], Path], level: int = logging.NOTSET) -> None:
        super().__init__(level)
        self._path = path

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = (self.format(record) + "\n").encode("utf-8", "replace")
            descriptor = open_to_append(self._path())
            try:
                os.write(descriptor, line)
            finally:
                os.close(descriptor)
        except Exception:  # noqa: BLE001 - logging must never end what it tells about
            self.handleError(record)


def open_to_append(path: Path) -> int:
    """A descriptor at the end of the file, which is created, with its folder, when it is not there."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o640)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, flags, 0o640)


def delete_old_errors(folder: Path, today: date, keep_days: int) -> int:
    """Delete the error logs of days longer ago than `keep_days`; returns how many files went."""
    oldest = f"errors_{today - timedelta(days=keep_days):%Y%m%d}.log"
    old = [path for path in folder.glob("errors_????????.log") if path.name < oldest]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
