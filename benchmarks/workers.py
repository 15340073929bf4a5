"""Real workers and a real beat as processes, and a client that speaks to them."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from cli.up.tether import tethered

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS, STOP_SECONDS = 90.0, 30.0
POLL_SECONDS = 0.001


@dataclass
class Program:
    """A worker or a beat; `restart` after a death keeps its name and its log."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start the process, tied to this one."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                tethered(self.command),
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def main(self) -> psutil.Process:
        """The program's first process; psutil.NoSuchProcess when it is gone."""
        assert self.process is not None
        return psutil.Process(self.process.pid)

    def children(self) -> list[psutil.Process]:
        """The processes that do the work."""
        try:
            return self.main().children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def stop(self) -> None:
        """Ask it to end, then end it."""
        if self.process is None:
            return
        orphans = self.children()
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for orphan in orphans:
            if orphan.is_running():
                orphan.kill()


def environment(database_url: str, redis_url: str, log_dir: Path, **settings: str) -> dict[str, str]:
    """What a process of the product is started with: nothing but the path and these settings."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    own = {"database_url": database_url, "redis_url": redis_url, "log_dir": str(log_dir), **settings}
    named = {f"RECONCILERY_{name.upper()}": value for name, value in own.items()}
    # A file of settings that lies about in the folder must not change what is measured.
    empty = log_dir / "empty.toml"
    empty.touch()
    return {**kept, **named, "RECONCILERY_CONFIG": str(empty), "LOG_LEVEL": "WARNING"}


def worker(name: str, processes: int, environ: Mapping[str, str], log_dir: Path) -> Program:
    """A worker for all queues with so many children."""
    options = ("--concurrency", str(processes), "--hostname", f"{name}@benchmark", "--without-gossip")
    command = (sys.executable, "-m", "celery", "-A", "monitor_tasks", "worker", *options, "--without-mingle")
    return Program(name, command, environ, log_dir / f"{name}.log")


def beat(environ: Mapping[str, str], log_dir: Path) -> Program:
    """The scheduler."""
    command = (sys.executable, "-m", "celery", "-A", "monitor_tasks", "beat", "-s", str(log_dir / "schedule"))
    return Program("beat", command, environ, log_dir / "beat.log")


@contextmanager
def running(app: Any, *programs: Program) -> Iterator[None]:
    """The programs run for the time of the block, which begins when every worker has answered."""
    try:
        for program in programs:
            program.start()
        wait_for(app, [program for program in programs if program.name != "beat"])
        yield
    finally:
        for program in programs:
            program.stop()


def wait_for(app: Any, workers: list[Program]) -> None:
    """Until every worker has answered."""
    deadline = time.monotonic() + START_SECONDS
    silent = {f"{program.name}@benchmark" for program in workers}
    while silent:
        for reply in app.control.ping(destination=sorted(silent), timeout=0.5):
            silent -= set(reply)
        if time.monotonic() > deadline:
            raise TimeoutError(f"no answer from {', '.join(sorted(silent))}; see {workers[0].log}")


def client(environ: Mapping[str, str]) -> Any:
    """The product's own Celery app in this process, as `celery call` would have it."""
    os.environ.update({name: value for name, value in environ.items() if name.startswith(("RECONCILERY_", "LOG_"))})
    from monitor_tasks.celery import app  # noqa: PLC0415 - it reads the settings when it is imported

    return app
