"""The readable record: one JSON object a line, one file a day, written by many processes at once on a local disk.

Every writer holds the file's lock for its one write, so that a line is whole or taken back, and so that a file can be
compressed while somebody still writes to it. A day is one in UTC, like the moments inside: a file's name then means
the same before and after a change of the configured zone, and every day is of the same length.
"""

import errno
import fcntl
import gzip
import json
import os
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, BinaryIO

from consistency.errors import ReconcileryError

_NAME = re.compile(r"([a-z]+)_(\d{8})\.jsonl(\.gz)?", re.ASCII)
#: What the names of the files begin with where the results of checks are.
RESULTS_PREFIX = "monitoring"


def day_file(folder: Path, day: date, prefix: str = RESULTS_PREFIX) -> Path:
    """Where the lines of a day go; once compressed, they are in the same name with `.gz`."""
    return folder / f"{prefix}_{day:%Y%m%d}.jsonl"


def day_of(path: Path, prefix: str = RESULTS_PREFIX) -> date | None:
    """The day that a file of this name holds, or None for a stranger's file."""
    found = _NAME.fullmatch(path.name)
    with suppress(ValueError):
        if found and found[1] == prefix:
            return datetime.strptime(found[2], "%Y%m%d").replace(tzinfo=UTC).date()
    return None


def append_line(folder: Path, moment: datetime, record: dict[str, Any], prefix: str = RESULTS_PREFIX) -> Path:
    """Add one line to the file of the moment's UTC day, creating both; raises ReconcileryError when it cannot."""
    path = day_file(folder, moment.astimezone(UTC).date(), prefix)
    text = json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(path, os.O_CREAT) as descriptor:
            _write_whole(descriptor, text.encode("utf-8", "replace") + b"\n")
    except OSError as error:
        raise ReconcileryError(f"{path} cannot be written: {error.strerror}") from error
    return path


@contextmanager
def locked(path: Path, flags: int = 0) -> Iterator[int]:
    """A descriptor of the file under its exclusive lock; FileNotFoundError when it is gone and is not to be created."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | flags, 0o640)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            # While this waited, the file may have been compressed and removed: then its name is another file's by now.
            if _is_at(path, descriptor):
                yield descriptor
                return
        finally:
            os.close(descriptor)


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _write_whole(descriptor: int, line: bytes) -> None:
    size = os.fstat(descriptor).st_size
    torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
    payload = b"\n" + line if torn else line
    try:
        written = os.write(descriptor, payload)
    except OSError:
        os.ftruncate(descriptor, size)
        raise
    if written != len(payload):
        os.ftruncate(descriptor, size)
        raise OSError(errno.ENOSPC, "the disk is full")


@dataclass(slots=True)
class Lines:
    """The records of the days `first` to `last`, both included, oldest first; read while they are iterated.

    `skipped` counts the torn or foreign lines of the latest iteration, and each damaged archive as one.
    """

    folder: Path
    first: date
    last: date
    prefix: str = RESULTS_PREFIX
    skipped: int = field(default=0, init=False)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        self.skipped = 0
        for day in self._days():
            for line in raw_lines(self.folder, day, self.prefix):
                record = _record(line)
                if record is None:
                    self.skipped += 1
                else:
                    yield record

    def _days(self) -> list[date]:
        paths = self.folder.iterdir() if self.folder.is_dir() else ()
        days = {day for path in paths if (day := day_of(path, self.prefix)) is not None}
        return sorted(day for day in days if self.first <= day <= self.last)


def read_lines(folder: Path, first: date, last: date, prefix: str = RESULTS_PREFIX) -> Lines:
    """The records of these UTC days, from plain and compressed files alike."""
    return Lines(folder, first, last, prefix)


def contains(folder: Path, day: date, check_id: str) -> bool:
    """Whether a record of that UTC day has this check id."""
    needle = json.dumps(check_id, ensure_ascii=False).encode("utf-8", "replace")
    candidates = (_record(line) for line in raw_lines(folder, day) if needle in line)
    return any(record is not None and record.get("check_id") == check_id for record in candidates)


def raw_lines(folder: Path, day: date, prefix: str = RESULTS_PREFIX, *, held: bool = False) -> Iterator[bytes]:
    """The lines of a day without their ends, the compressed ones first, none twice; b"?" for a damaged archive.

    `held` says that the caller has the lock of the day's file.
    """
    path = day_file(folder, day, prefix)
    seen: set[int] = set()
    with ExitStack() as files:
        # Opened before the archive is looked for: it disappears only after its lines are there.
        plain = _opened(path, files)
        archive = _opened(path.with_name(path.name + ".gz"), files)
        for line in _unpacked(archive) if archive else ():
            if plain:
                seen.add(hash(line))
            yield line
        pieces = (plain if held else _pieces(plain)) if plain else ()
        yield from (line for line in _split(pieces) if hash(line) not in seen)


def _opened(path: Path, files: ExitStack) -> BinaryIO | None:
    try:
        return files.enter_context(path.open("rb"))
    except FileNotFoundError:
        return None


def _unpacked(archive: BinaryIO) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=archive) as content:
        try:
            yield from _split(content)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            yield b"?"


def _split(pieces: Iterable[bytes]) -> Iterator[bytes]:
    torn = b""
    for piece in pieces:
        line, torn = torn + piece, b""
        if not line.endswith(b"\n"):
            torn = line
        elif line.strip():
            yield line.rstrip(b"\n")
    if torn.strip():
        yield torn


def _pieces(plain: BinaryIO) -> Iterator[bytes]:
    """Lines; one that is being written just now comes in two pieces, the second when its writer is done."""
    last = b"\n"
    for last in plain:
        yield last
    if not last.endswith(b"\n"):
        fcntl.flock(plain, fcntl.LOCK_SH)
        try:
            yield from plain
        finally:
            fcntl.flock(plain, fcntl.LOCK_UN)


def _record(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None
