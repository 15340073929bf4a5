"""Many processes write one day file at once, as the workers of several machines' worth of checks do."""

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest

from consistency.journal_compaction import compact
from consistency.journal_files import day_file, read_lines

ROOT = Path(__file__).parents[2]
WRITER = Path(__file__).with_name("journal_writer.py")
DAY = date(2026, 9, 16)


@contextmanager
def writers(folder: Path, processes: int, threads: int, lines: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """So many processes writing; at the end every one of them has to have ended well."""
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    sizes = [str(threads), str(lines)]
    commands = [[sys.executable, str(WRITER), str(folder), f"p{number}", *sizes] for number in range(processes)]
    started = [subprocess.Popen(command, env=environ) for command in commands]
    try:
        yield started
        assert [process.wait(timeout=240) for process in started] == [0] * processes
    finally:
        for process in started:
            process.kill()
            process.wait()


def expected(processes: int, threads: int, lines: int) -> list[str]:
    names = (f"p{process}.{thread}" for process in range(processes) for thread in range(threads))
    return sorted(f"{name}-{number}" for name in names for number in range(lines))


def found(folder: Path) -> tuple[list[str], int]:
    lines = read_lines(folder, DAY, DAY)
    return sorted(record["check_id"] for record in lines), lines.skipped


def test_200_writers_at_once_lose_and_tear_nothing(tmp_path: Path) -> None:
    with writers(tmp_path, processes=20, threads=10, lines=15):
        pass
    assert found(tmp_path) == (expected(20, 10, 15), 0)


@pytest.mark.full
def test_200_processes_at_once_lose_and_tear_nothing(tmp_path: Path) -> None:
    with writers(tmp_path, processes=200, threads=1, lines=40):
        pass
    assert found(tmp_path) == (expected(200, 1, 40), 0)


def test_compressing_a_file_that_is_still_written_to_loses_and_doubles_nothing(tmp_path: Path) -> None:
    compressed = 0
    with writers(tmp_path, processes=4, threads=3, lines=60) as started:
        while any(process.poll() is None for process in started):
            compressed += len(compact(tmp_path, DAY + timedelta(days=1), 1, 90))
            # What a reader sees in the middle is whole and comes once.
            seen, skipped = found(tmp_path)
            assert (len(seen), skipped) == (len(set(seen)), 0)
    assert compressed
    compact(tmp_path, DAY + timedelta(days=1), 1, 90)
    assert found(tmp_path) == (expected(4, 3, 60), 0)
    assert not day_file(tmp_path, DAY).exists()


def test_two_processes_that_compress_at_once_lose_and_double_nothing(tmp_path: Path) -> None:
    script = (
        "import pathlib, sys, datetime\nfrom consistency.journal_compaction import compact\n"
        "for _ in range(60): compact(pathlib.Path(sys.argv[1]), datetime.date(2026, 9, 17), 1, 90)"
    )
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", script, str(tmp_path)]
    with writers(tmp_path, processes=3, threads=2, lines=50):
        compressors = [subprocess.Popen(command, env=environ) for _ in range(2)]
        assert [process.wait(timeout=120) for process in compressors] == [0, 0]
    compact(tmp_path, DAY + timedelta(days=1), 1, 90)
    assert found(tmp_path) == (expected(3, 2, 50), 0)


def test_a_compressor_killed_at_any_moment_loses_and_doubles_nothing(tmp_path: Path) -> None:
    script = (
        "import itertools, pathlib, sys, datetime\nfrom consistency.journal_compaction import compact\n"
        "for number in itertools.count():\n"
        "    compact(pathlib.Path(sys.argv[1]), datetime.date(2026, 9, 17), 1, 90)\n"
        "    print(number, flush=True)"
    )
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", script, str(tmp_path)]
    with writers(tmp_path, processes=3, threads=2, lines=150) as started:
        while any(process.poll() is None for process in started):
            with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE) as compressor:
                assert compressor.stdout is not None
                for _ in range(random.randint(1, 4)):
                    compressor.stdout.readline()
                compressor.kill()
    compact(tmp_path, DAY + timedelta(days=1), 1, 90)
    assert found(tmp_path) == (expected(3, 2, 150), 0)
