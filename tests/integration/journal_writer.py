"""One process of the journal tests: THREADS threads, each writing LINES lines under names of their own."""

import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from consistency.journal_files import append_line

MOMENT = datetime(2026, 9, 16, 12, tzinfo=UTC)


def write(folder: Path, writer: str, lines: int) -> None:
    for number in range(lines):
        # From an almost empty line to one of 60 kB, as a deep check with all its segments has.
        size = 60_000 if number % 7 == 0 else number * 31
        append_line(folder, MOMENT, {"check_id": f"{writer}-{number}", "filler": "务" * (size // 3)})


def main() -> None:
    folder, name, threads, lines = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda thread: write(folder, f"{name}.{thread}", lines), range(threads)))


if __name__ == "__main__":
    main()
