"""A launcher in a process of its own, with what its tests ask about it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import psutil

T = TypeVar("T")

PROGRAM = Path(__file__).with_name("launcher_program.py")
ROOT = Path(__file__).parent.parent.parent
PATIENCE_SECONDS = 90.0


def eventually(question: Callable[[], T]) -> T:
    """The first answer that counts as true; an AssertionError when there is none in time."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (answer := question()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return answer


class Launcher:
    """The running launcher, its folder and its story's report."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self.process = process
        self.folder = folder

    def urls(self) -> dict[str, str]:
        """Waits until the story has begun and returns the addresses it was told."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the launcher ended with {self.process.wait()}:\n{self.words()}"
        return {str(name): str(url) for name, url in json.loads(line).items()}

    def family(self) -> list[psutil.Process]:
        """All processes below the launcher."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def pids_of(self, service: str) -> list[int]:
        """The process ids of a plain service, one a start."""
        path = self.folder / f"{service}.starts"
        return [int(line) for line in path.read_text().split()] if path.exists() else []

    def signals(self) -> list[str]:
        """What the plain services noted, in order."""
        return (self.folder / "signals").read_text().splitlines()

    def interrupt(self) -> None:
        """Ctrl-C: the terminal sends it to the launcher's whole process group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def words(self) -> str:
        """All that the launcher and its services have printed so far."""
        return (self.folder / "words").read_text()


@contextmanager
def launcher(
    folder: Path, *services: str, redis: bool = False, story: str = "waits", keep_running: bool = True
) -> Iterator[Launcher]:
    """A launcher of the named services; whatever is left of it goes at the end of the block."""
    order: dict[str, Any] = {"folder": str(folder), "services": services, "redis": redis}
    order |= {"story": story, "keep_running": keep_running}
    with (folder / "words").open("w") as words:
        process = subprocess.Popen(
            [sys.executable, PROGRAM, json.dumps(order)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=words,
            text=True,
            start_new_session=True,
        )
    with process:
        try:
            yield Launcher(process, folder)
        finally:
            process.kill()


def gone(processes: list[psutil.Process]) -> bool:
    """True when none of them runs any more; one that only waits to be reaped does not run."""
    return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)
