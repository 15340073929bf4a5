"""Files in which events wait on the disk: a line each, appended by the process that holds the file's lock.

Whoever can lock a file may send what is in it: its process is dead, or has put it down because it was full.
"""

import errno
import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from consistency.events import WrittenEvent

SUFFIX = ".spool"
TOGETHER = 500
_LARGEST_BATCH = 512 * 1024
_LARGEST_LINE = 128 * 1024
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC


class SpoolFile:
    """An open, locked file; `sent` is how far from its beginning everything has been sent. Not safe for threads."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._stat = os.fstat(descriptor)
        self.size = self._stat.st_size
        self.sent = 0
        #: How many events this process has put in that are not sent.
        self.waiting = 0
        #: Lines that were torn, or are none of ours.
        self.torn = 0

    @classmethod
    def new(cls, folder: Path) -> "SpoolFile":
        """A new file under a name that sorts by time; OSError when there cannot be one."""
        folder.mkdir(parents=True, exist_ok=True)
        while True:
            path = folder / f"{time.time_ns():020d}-{os.getpid()}{SUFFIX}"
            with suppress(FileExistsError):
                descriptor = os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o640)
                # Somebody may have found it empty, and removed it, before it was locked.
                if _locked(path, descriptor):
                    return cls(path, descriptor)

    @classmethod
    def left_behind(cls, path: Path) -> "SpoolFile | None":
        """The file, if nobody else has it; None otherwise."""
        with suppress(OSError):
            descriptor = os.open(path, _FLAGS)
            if _locked(path, descriptor):
                return cls(path, descriptor)
        return None

    @property
    def unsent(self) -> int:
        """In bytes."""
        return self.size - self.sent

    def append(self, events: Sequence[WrittenEvent]) -> None:
        """Whole lines, or nothing: what could not be written whole is taken back. OSError then."""
        data = b"".join(event.line() for event in events)
        written = 0
        try:
            written = os.write(self._descriptor, data)
        finally:
            if written != len(data):
                os.ftruncate(self._descriptor, self.size)
        if written != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.size += written
        self.waiting += len(events)

    def read(self) -> tuple[list[WrittenEvent], int]:
        """The first events that are not sent, and up to where in the file they reach; none at its end."""
        data = os.pread(self._descriptor, min(self.unsent, _LARGEST_BATCH + _LARGEST_LINE), self.sent)
        found: list[WrittenEvent] = []
        end = self.sent
        for line in data.splitlines(keepends=True):
            if len(found) == TOGETHER or end - self.sent > _LARGEST_BATCH:
                break
            end += len(line)
            try:
                found.append(WrittenEvent.of_line(line))
            except ValueError:
                self.torn += 1
        return found, end

    def forget(self, end: int, events: int) -> None:
        """Everything up to there, which was so many events, is sent."""
        self.sent = end
        self.waiting = max(0, self.waiting - events)
        if self.sent == self.size:
            os.ftruncate(self._descriptor, 0)
            self.size = self.sent = 0

    def put_down(self) -> None:
        """Leave it to whoever comes, or to nobody if all of it is sent."""
        if not self.unsent and self.is_open:
            self.path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        if self.is_open:
            os.close(self._descriptor)

    @property
    def is_open(self) -> bool:
        """False if somebody has closed it: a program that becomes a daemon closes whatever is open.

        The descriptor's number may be that of a file of the program's by then, which must not be written to.
        """
        try:
            return os.path.samestat(self._stat, os.fstat(self._descriptor))
        except OSError:
            return False


def _locked(path: Path, descriptor: int) -> bool:
    """Whether the file is ours now, and still in its place; closes it otherwise."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(path.stat(), os.fstat(descriptor)):
            return True
    except (BlockingIOError, FileNotFoundError):
        pass
    except OSError:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return False


def files_left_behind(folder: Path) -> Iterator[SpoolFile]:
    """Those that nobody has, oldest first, each locked; whoever takes one puts it down."""
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        if (found := SpoolFile.left_behind(path)) is not None:
            yield found
