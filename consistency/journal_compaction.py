"""Compresses the day files that are over and deletes those past their time; no line is lost or doubled on the way."""

import gzip
import os
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

from consistency.errors import ReconcileryError
from consistency.journal_files import RESULTS_PREFIX, day_of, locked, raw_lines


def compact(folder: Path, today: date, gzip_after_days: int, keep_days: int, prefix: str = RESULTS_PREFIX) -> list[str]:
    """Tidy a folder of day files and tell what was done; `today` is the UTC day, other files are left alone.

    May run twice at once and be killed at any point: the archive is complete before the plain file goes, both are
    only touched under the plain file's lock, and a line that is in both is read and archived once.
    """
    done: list[str] = []
    for path, day in _day_files(folder, prefix):
        try:
            if day < today - timedelta(days=keep_days):
                done += _deleted(path)
            elif path.suffix != ".gz" and day <= today - timedelta(days=gzip_after_days):
                done += _compressed(path, day, prefix)
        except OSError as error:
            raise ReconcileryError(f"{path} cannot be tidied up: {error.strerror}") from error
    return done


def _day_files(folder: Path, prefix: str) -> list[tuple[Path, date]]:
    try:
        found = sorted(folder.iterdir())
    except FileNotFoundError:
        return []
    days = ((path, day_of(path, prefix)) for path in found if path.is_file() and not path.is_symlink())
    return [(path, day) for path, day in days if day is not None]


def _deleted(path: Path) -> list[str]:
    path.unlink(missing_ok=True)
    _unfinished(path).unlink(missing_ok=True)
    return [f"deleted {path.name}"]


def _compressed(path: Path, day: date, prefix: str) -> list[str]:
    try:
        with locked(path):
            archive = path.with_name(path.name + ".gz")
            _write_archive(_unfinished(path), raw_lines(path.parent, day, prefix, held=True))
            _unfinished(path).replace(archive)
            _sync(path.parent)
            path.unlink()
    except FileNotFoundError:
        return []  # Another process was faster.
    return [f"compressed {path.name}"]


def _unfinished(path: Path) -> Path:
    return path.with_name(f".{path.name.removesuffix('.gz')}.gz.unfinished")


def _write_archive(path: Path, lines: Iterable[bytes]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o640)
    with os.fdopen(descriptor, "wb") as plain:
        with gzip.GzipFile(filename="", fileobj=plain, mode="wb", mtime=0) as packed:
            packed.writelines(line + b"\n" for line in lines)
        plain.flush()
        os.fsync(descriptor)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
