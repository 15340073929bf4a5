import gzip
import json
import os
import resource
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from consistency.errors import ReconcileryError
from consistency.journal_compaction import compact
from consistency.journal_files import append_line, contains, day_file, locked, read_lines

DAY = date(2026, 9, 16)
NOON = datetime(2026, 9, 16, 12, tzinfo=UTC)


def ids(folder: Path, first: date = DAY, last: date = DAY) -> list[Any]:
    return [record["check_id"] for record in read_lines(folder, first, last)]


def write(folder: Path, *check_ids: str, moment: datetime = NOON) -> Path:
    for check_id in check_ids:
        path = append_line(folder, moment, {"check_id": check_id})
    return path


def test_a_record_is_one_line_of_json_in_the_file_of_its_day(tmp_path: Path) -> None:
    record = {"check_id": "a", "text": "任务\n\u2028 'x' \\", "rate": 0.918, "trend": None}
    path = append_line(tmp_path / "new" / "folder", NOON, record)
    assert path == tmp_path / "new" / "folder" / "monitoring_20260916.jsonl"
    assert path.read_bytes().count(b"\n") == 1
    assert json.loads(path.read_text("utf-8")) == record
    assert path.stat().st_mode & 0o777 == 0o640


def test_the_day_is_the_one_in_utc(tmp_path: Path) -> None:
    shanghai = timezone(timedelta(hours=8))
    path = append_line(tmp_path, datetime(2026, 9, 17, 7, 59, tzinfo=shanghai), {})
    assert path.name == "monitoring_20260916.jsonl"


def test_a_torn_last_line_is_left_behind_by_the_next_writer_and_skipped_by_readers(tmp_path: Path) -> None:
    path = write(tmp_path, "a")
    with path.open("ab") as crashed:
        crashed.write(b'{"check_id": "tor')
    write(tmp_path, "b")
    lines = read_lines(tmp_path, DAY, DAY)
    assert [record["check_id"] for record in lines] == ["a", "b"]
    assert lines.skipped == 1


def test_a_line_that_is_being_written_is_read_when_its_writer_is_done(tmp_path: Path) -> None:
    path, held = write(tmp_path, "a"), threading.Event()

    def write_slowly() -> None:
        with locked(path) as descriptor:
            os.write(descriptor, b'{"check_id": ')
            held.set()
            wait_until_somebody_waits_for(path)
            os.write(descriptor, b'"b"}\n')

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write_slowly)
        held.wait()
        lines = read_lines(tmp_path, DAY, DAY)
        assert [record["check_id"] for record in lines] == ["a", "b"]
        writing.result()
    assert lines.skipped == 0


def wait_until_somebody_waits_for(path: Path) -> None:
    """The kernel lists who waits for a lock behind an arrow."""
    deadline, inode = time.monotonic() + 60, f":{path.stat().st_ino} "
    while not any("->" in line and inode in line for line in Path("/proc/locks").read_text("utf-8").splitlines()):
        assert time.monotonic() < deadline, "nobody waits"


def test_a_torn_line_does_not_keep_a_file_from_being_compressed(tmp_path: Path) -> None:
    path = write(tmp_path, "a")
    with path.open("ab") as crashed:
        crashed.write(b'{"check_id": "tor')
    compact(tmp_path, DAY + timedelta(days=2), 1, 90)
    assert (ids(tmp_path), path.exists()) == (["a"], False)


@pytest.mark.parametrize("line", [b"5", b"[1]", b"{", b"\xff\xfe", b"null", b"[" * 100_000])
def test_a_line_that_is_no_record_is_skipped_and_counted(tmp_path: Path, line: bytes) -> None:
    day_file(tmp_path, DAY).write_bytes(line + b"\n")
    write(tmp_path, "a")
    lines = read_lines(tmp_path, DAY, DAY)
    for _ in range(2):  # each reading counts anew
        assert [record["check_id"] for record in lines] == ["a"]
        assert lines.skipped == 1


def test_only_the_days_asked_for_are_read_oldest_first(tmp_path: Path) -> None:
    for back in range(4):
        write(tmp_path, f"{back} days ago", moment=NOON - timedelta(days=back))
    assert ids(tmp_path, DAY - timedelta(days=2), DAY - timedelta(days=1)) == ["2 days ago", "1 days ago"]
    assert ids(tmp_path, date.min, date.max)[-1] == "0 days ago"
    assert ids(tmp_path, DAY, DAY - timedelta(days=1)) == []
    assert ids(tmp_path / "nowhere") == []


def test_a_check_is_found_by_its_id_and_not_by_a_mention(tmp_path: Path) -> None:
    append_line(tmp_path, NOON, {"check_id": "a", "problems": ['see "b"', "b"], "missing_sample": ["c"]})
    assert [contains(tmp_path, DAY, check_id) for check_id in ("a", "b", "c", "")] == [True, False, False, False]
    assert not contains(tmp_path, DAY - timedelta(days=1), "a")
    compact(tmp_path, DAY + timedelta(days=1), 1, 90)
    assert contains(tmp_path, DAY, "a")


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_is_not_json_is_refused_before_anything_is_written(tmp_path: Path, number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        append_line(tmp_path, NOON, {"rate": number})
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ReconcileryError, match=r"monitoring_20260916.jsonl cannot be written: File exists"):
        append_line(tmp_path / "file", NOON, {})


def test_a_full_disk_is_told_and_leaves_no_torn_line(tmp_path: Path) -> None:
    path = write(tmp_path, "a")
    before = path.read_bytes()
    limit = len(before) + 5

    def shrink() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    script = (
        "import sys, datetime, pathlib\nfrom consistency.journal_files import append_line\n"
        "moment = datetime.datetime(2026, 9, 16, 12, tzinfo=datetime.UTC)\n"
        "append_line(pathlib.Path(sys.argv[1]), moment, {'check_id': 'b'})"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    root = Path(__file__).parents[2]
    ended = subprocess.run(command, cwd=root, preexec_fn=shrink, capture_output=True, text=True, check=False)
    assert "cannot be written: the disk is full" in ended.stderr
    assert path.read_bytes() == before


def test_closed_days_are_compressed_and_old_ones_deleted(tmp_path: Path) -> None:
    for back in range(5):
        write(tmp_path, f"{back}", moment=NOON - timedelta(days=back))
    done = compact(tmp_path, DAY, gzip_after_days=2, keep_days=3)
    assert done == [
        "deleted monitoring_20260912.jsonl",
        "compressed monitoring_20260913.jsonl",
        "compressed monitoring_20260914.jsonl",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "monitoring_20260913.jsonl.gz",
        "monitoring_20260914.jsonl.gz",
        "monitoring_20260915.jsonl",
        "monitoring_20260916.jsonl",
    ]
    assert ids(tmp_path, date.min, date.max) == ["3", "2", "1", "0"]
    assert compact(tmp_path, DAY, 2, 3) == []
    assert compact(tmp_path, DAY + timedelta(days=1), 2, 3) == [
        "deleted monitoring_20260913.jsonl.gz",
        "compressed monitoring_20260915.jsonl",
    ]


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    strangers = [
        "monitoring_20200101.jsonl.bak",
        "monitoring_20200230.jsonl",  # there is no such day
        "monitoring_2020.jsonl",
        "xmonitoring_20200101.jsonl",
        "monitoring_20200101.log",
        "errors_20200101.jsonl.gz",
    ]
    for name in strangers:
        (tmp_path / name).write_text("{}\n")
    (tmp_path / "monitoring_20200101.jsonl").mkdir()
    (tmp_path / "monitoring_20200102.jsonl").symlink_to(tmp_path / strangers[0])
    before = sorted(tmp_path.iterdir())
    assert compact(tmp_path, DAY, 1, 1) == []
    assert sorted(tmp_path.iterdir()) == before
    assert compact(tmp_path / "nowhere", DAY, 1, 1) == []


def test_a_compression_killed_before_the_archive_was_complete_starts_over(tmp_path: Path) -> None:
    write(tmp_path, "a", "b")
    (tmp_path / ".monitoring_20260916.jsonl.gz.unfinished").write_bytes(b"\x1f\x8b half an arch" * 1000)
    assert ids(tmp_path) == ["a", "b"]
    compact(tmp_path, DAY + timedelta(days=1), 1, 90)
    assert [path.name for path in tmp_path.iterdir()] == ["monitoring_20260916.jsonl.gz"]
    assert ids(tmp_path) == ["a", "b"]


def test_a_compression_killed_before_the_plain_file_was_removed_doubles_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, "a", "b")
    path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes()))
    write(tmp_path, "late")
    assert ids(tmp_path) == ["a", "b", "late"]
    compact(tmp_path, DAY + timedelta(days=1), 1, 90)
    assert ids(tmp_path) == ["a", "b", "late"]
    assert not path.exists()


def test_a_line_that_comes_after_the_compression_joins_the_archive(tmp_path: Path) -> None:
    write(tmp_path, "a")
    compact(tmp_path, DAY + timedelta(days=1), 1, 90)
    write(tmp_path, "b")
    assert ids(tmp_path) == ["a", "b"]
    assert compact(tmp_path, DAY + timedelta(days=1), 1, 90) == ["compressed monitoring_20260916.jsonl"]
    assert ids(tmp_path) == ["a", "b"]


def test_a_damaged_archive_gives_what_it_has_and_is_counted(tmp_path: Path) -> None:
    path = day_file(tmp_path, DAY)
    packed = gzip.compress(b"".join(b'{"check_id": "%d"}\n' % number for number in range(20_000)))
    path.with_name(path.name + ".gz").write_bytes(packed[: len(packed) // 2])
    lines = read_lines(tmp_path, DAY, DAY)
    found = [record["check_id"] for record in lines]
    assert found == [str(number) for number in range(len(found))]
    assert lines.skipped >= 1
