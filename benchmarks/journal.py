"""Two hundred processes append to one day file at once."""

import multiprocessing
import time
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from benchmarks.harness import Bench, say
from benchmarks.results import Result
from consistency.journal_files import append_line, day_file, read_lines

WRITERS, LINES = 200, 50
#: About as long as a check report.
PADDING = "x" * 2000


def measure(bench: Bench) -> list[Result]:
    """All writers begin together; then every line is counted."""
    folder, moment = bench.place("journal"), datetime.now(UTC)
    say(f"journal: {WRITERS} writers of {LINES} lines each")
    seconds = _write(folder, moment)
    lines = read_lines(folder, moment.date(), moment.date())
    found = sorted((record["writer"], record["line"]) for record in lines)
    expected = [(writer, line) for writer in range(WRITERS) for line in range(LINES)]
    figures: dict[str, Any] = {
        "writers": WRITERS,
        "lines_written": WRITERS * LINES,
        "lines_found": len(found),
        "lines_torn": lines.skipped,
        "lines_per_second": round(WRITERS * LINES / seconds),
        "megabytes": round(day_file(folder, moment.date()).stat().st_size / 1e6, 1),
    }
    met = found == expected and not lines.skipped
    notes = [
        "processes, not threads; each line is of the length of a report and is on its way to the disk when it counts"
    ]
    return [Result("journal, 200 writers", figures, None, "no line lost, doubled or torn", met, notes)]


def _write(folder: Path, moment: datetime) -> float:
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(WRITERS + 1)
    writers = [context.Process(target=_writer, args=(folder, moment, number, barrier)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    barrier.wait(120)
    began = time.perf_counter()
    for writer in writers:
        writer.join()
    return time.perf_counter() - began


def _writer(folder: Path, moment: datetime, number: int, barrier: Barrier) -> None:
    barrier.wait(120)
    for line in range(LINES):
        append_line(folder, moment, {"writer": number, "line": line, "padding": PADDING})
