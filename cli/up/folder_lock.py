"""At most one launcher in a folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from consistency.errors import ConfigurationError


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Holds the folder for the time of the block; raises ConfigurationError when another process holds it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise ConfigurationError(
                f"{folder}: already in use by process {lock.read().strip() or 'unknown'}; "
                "stop it first or start in another working directory"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
