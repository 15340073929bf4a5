"""One service's process: started in a group of its own, restarted with a growing pause, stopped politely, then hard."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import IO

from cli.up.service import Service
from cli.up.tether import tethered

FIRST_PAUSE_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0


def restart_pause(deaths: int) -> float:
    """Seconds to wait before the restart after so many deaths in a row: 2, 4, 8, 16, then 30."""
    return min(FIRST_PAUSE_SECONDS * 2.0 ** min(deaths - 1, 10), LONGEST_PAUSE_SECONDS)


class Child:
    """A service with its process, if it has one just now."""

    def __init__(self, service: Service, environment: Mapping[str, str]) -> None:
        self.service = service
        self.environment = {**environment, **service.environment}
        self.ready = False
        self._process: subprocess.Popen[bytes] | None = None
        self._deaths = 0
        self._started_at = 0.0
        self._restart_at = 0.0

    def start(self) -> IO[bytes]:
        """Starts the process and returns the pipe that carries both its output streams, set to non-blocking."""
        self._started_at = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603 - the command lines are ours
            tethered(self.service.command),
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            start_new_session=True,  # the terminal's Ctrl-C must reach the launcher alone
        )
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        return self._process.stdout

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def bury(self) -> int | None:
        """The exit code of a process that has ended by itself, told once; plans the restart. Else None."""
        if self._process is None or self._process.poll() is None:
            return None
        self._signal_group(signal.SIGKILL)
        code, self._process = self._process.returncode, None
        lived = time.monotonic() - self._started_at
        self._deaths = 1 if lived > STEADY_SECONDS else self._deaths + 1
        self._restart_at = time.monotonic() + self.pause
        return code

    @property
    def pause(self) -> float:
        """Seconds between the latest death and the restart."""
        return restart_pause(self._deaths)

    @property
    def due(self) -> bool:
        """True when it has no process and its pause is over."""
        return self._process is None and time.monotonic() >= self._restart_at

    def check_ready(self) -> bool:
        """Asks the service until it was ready once."""
        if not self.ready and self.running:
            self.ready = self.service.ready is None or self.service.ready(self.environment)
        return self.ready

    def terminate(self) -> None:
        """Asks the process to finish what it has begun and to end."""
        if self.running:
            assert self._process is not None
            self._process.terminate()

    def kill(self) -> None:
        """Ends the whole process group at once."""
        if self._process is not None:
            self._signal_group(signal.SIGKILL)
            self._process.wait()

    def _signal_group(self, number: signal.Signals) -> None:
        assert self._process is not None
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)
