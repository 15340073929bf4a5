"""The events of this process that wait on the disk, and those that others have left there."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from consistency.events import WrittenEvent
from monitoring.sending.spool_files import SpoolFile

#: From which size on a file is put down, so that others can help, and less is sent twice when this process dies.
_FULL = 8 * 1024 * 1024
#: How long a program waits at most for others that write, in seconds.
_PATIENCE = 1.0


class Spool:
    """Appended to by all threads, read and emptied by one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = Lock()
        self._file: SpoolFile | None = None
        #: How many events of this process are in the files that it has let go of.
        self._put_down: dict[Path, int] = {}

    @property
    def unsent(self) -> bool:
        return self._file is not None and self._file.is_open and self._file.unsent > 0

    def waiting(self) -> int:
        """Events of this process on the disk that nobody has sent yet, as far as it is known here."""
        with self._lock:
            own = self._file.waiting if self._file else 0
            return own + sum(count for path, count in self._put_down.items() if path.exists())

    def append(self, events: Sequence[WrittenEvent]) -> None:
        """Write all of them to the disk, or none; OSError when there is no room or no right to."""
        with self._held():
            if self._file is None or not self._file.is_open:
                self._file = SpoolFile.new(self.folder)
            self._file.append(events)

    def read(self) -> tuple[list[WrittenEvent], int]:
        """The oldest events of this process, and what `forget` is told once they are sent."""
        # Others only append, and this thread alone empties; so nobody waits for this.
        file = self._file
        return file.read() if file and file.is_open else ([], 0)

    def forget(self, end: int, events: int) -> None:
        """Everything up to there, which was so many events, is sent."""
        with self._lock:
            if self._file is not None and self._file.is_open:
                self._file.forget(end, events)

    def put_down_if_full(self) -> bool:
        """Leave a full file to whoever comes, unless some of it is sent; the next event begins a new one."""
        with self._lock:
            file = self._file
            if file is None or file.size < _FULL or file.sent:
                return False
            self._put_down[file.path] = file.waiting
            file.put_down()
            self._file = None
            return True

    def hand_over_if_full(self) -> SpoolFile | None:
        """A full file, for the reader to finish; the next event begins a new one."""
        with self._lock:
            if self._file is None or self._file.size < _FULL:
                return None
            file, self._file = self._file, None
            self._put_down[file.path] = file.waiting
            return file

    def credit(self, file: SpoolFile, events: int) -> bool:
        """So many events of a file are sent; whether it was this process that wrote it."""
        with self._lock:
            if file.path not in self._put_down:
                return False
            self._put_down[file.path] -= events
            return True

    def close(self) -> None:
        """Leave the file to whoever comes, or to nobody if all of it is sent; a later event begins a new one."""
        with self._lock:
            if self._file is not None:
                self._put_down[self._file.path] = self._file.waiting
                self._file.put_down()
                self._file = None

    def forget_inherited(self) -> None:
        """In a forked child: close the parent's file without letting go of its lock."""
        if self._file is not None:
            self._file.close()

    @contextmanager
    def _held(self) -> Iterator[None]:
        if not self._lock.acquire(timeout=_PATIENCE):
            raise TimeoutError("the disk does not answer")
        try:
            yield
        finally:
            self._lock.release()
