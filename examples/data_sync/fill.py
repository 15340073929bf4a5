"""Writes made-up rows into the remote database, as its owners would.

python examples/data_sync/fill.py var/remote.sqlite3 --rows 500
"""

import argparse
import random
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from config import TABLES
from databases import SCHEMA, WAIT_SECONDS

SYMBOLS = ("BTC", "ETH", "SOL")
DAYS = 14


def main() -> None:
    """Add rows of the last two weeks to each table, the oldest first."""
    parser = argparse.ArgumentParser(description="Writes made-up rows into the remote database.")
    parser.add_argument("remote", type=Path)
    parser.add_argument("--rows", type=int, default=500, help="how many for each table")
    options = parser.parse_args()
    options.remote.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(options.remote, timeout=WAIT_SECONDS)) as remote, remote:
        for table in TABLES:
            remote.execute(SCHEMA.format(table))
            insert = f"INSERT INTO {table} (symbol, value, recorded_at) VALUES (?, ?, ?)"  # noqa: S608 - of TABLES
            remote.executemany(insert, made_up(options.rows))
    print(f"{options.rows} rows are in each table of {options.remote}")


def made_up(rows: int) -> list[tuple[str, float, str]]:
    now = datetime.now(UTC)
    moments = (now - timedelta(days=DAYS) * (1 - number / rows) for number in range(rows))
    return [(random.choice(SYMBOLS), random.uniform(1, 100), moment.isoformat()) for moment in moments]


if __name__ == "__main__":
    main()
