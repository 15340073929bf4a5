"""What the synchroniser works on, and what it finds worth a warning."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

TABLES = ("coin_data", "indicator_data")


@dataclass(frozen=True)
class Config:
    """`tables` are copied in this order; remote rows are deleted when they are older than `keep_remote`."""

    #: The SQLite file in which rows arrive, and the one in which they are kept.
    remote: Path
    local: Path
    tables: tuple[str, ...] = TABLES
    batch_size: int = 500
    keep_remote: timedelta = timedelta(days=7)
    slow_seconds: float = 10.0
    least_free_bytes: int = 1_000_000_000
