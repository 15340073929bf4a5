"""Signs of life: a file for each kind of process on this machine, touched while its main loop turns."""

import time
from pathlib import Path


def heartbeat_file(log_dir: Path, process: str) -> Path:
    """Where the processes of that kind (`worker`, `beat`) leave their sign of life."""
    return log_dir / "heartbeats" / process


def beat_once(log_dir: Path, process: str) -> None:
    """Leave a sign of life; a full or read-only disk must not stop the process that lives."""
    file = heartbeat_file(log_dir, process)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    except OSError:
        return


def heartbeat_age(log_dir: Path, process: str) -> float | None:
    """Seconds since the last sign of life; None if there never was one."""
    try:
        return max(0.0, time.time() - heartbeat_file(log_dir, process).stat().st_mtime)
    except OSError:
        return None
