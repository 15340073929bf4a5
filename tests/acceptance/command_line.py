"""The command line as a process of its own, and a worker for it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from consistency.heartbeats import heartbeat_age
from tests.acceptance.launching import PATIENCE_SECONDS, ROOT, eventually

PROGRAM = (sys.executable, "-c", "from cli.main import main; main()")
CELERY = (sys.executable, "-m", "celery", "-A", "monitor_tasks")


@dataclass(frozen=True)
class Ended:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object on stdout."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Place:
    """A folder and the settings of everything that runs in it."""

    folder: Path
    settings: Mapping[str, str]

    def changed(self, **settings: str) -> "Place":
        """The same place with some settings of its own."""
        return Place(self.folder, {**self.settings, **settings})

    def start(self, *command: str) -> subprocess.Popen[str]:
        """A process of the place; its output is kept for `ended`."""
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **self.settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str) -> Ended:
        """`reconcilery` with these arguments, to its end."""
        return ended(self.start(*PROGRAM, *arguments))


def ended(process: subprocess.Popen[str]) -> Ended:
    """Waits for the end."""
    with process:
        try:
            out, err = process.communicate(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    return Ended(process.returncode, out, err)


@contextmanager
def working(place: Place) -> Iterator[subprocess.Popen[bytes]]:
    """A worker for all queues of the place, from its first sign of life to the end of the block."""
    logs = Path(place.settings["RECONCILERY_LOG_DIR"])
    with (place.folder / "worker.log").open("wb") as output:
        worker = subprocess.Popen(
            (*CELERY, "worker", "--concurrency", "1", "--without-gossip", "--without-mingle"),
            cwd=place.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **place.settings},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        eventually(lambda: heartbeat_age(logs, "worker") is not None or worker.poll() is not None)
        assert worker.poll() is None, (place.folder / "worker.log").read_text()
        yield worker
    finally:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
