"""Tells a story on the terminal while it happens, and holds every sentence against what is true."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from rich.console import Console

from cli.up.run import Running
from consistency.errors import CheckFailed

PATIENCE_SECONDS = 90
_T = TypeVar("_T")
_COMMAND = (sys.executable, "-c", "from cli.main import main; main()")
_ENDED = {0, 3, 4}


class Narrator:
    """Speaks, asks the product as a user would, and ends the story with CheckFailed when something is not so."""

    def __init__(self, running: Running, console: Console) -> None:
        self.running, self.console = running, console

    def ask(self, *arguments: str) -> dict[str, Any]:
        """What `reconcilery ARGUMENTS --json` prints."""
        done = subprocess.run(  # noqa: S603 - the command line is ours
            [*_COMMAND, *arguments, "--json"],
            env=self.running.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        self.hold(done.returncode in _ENDED, f"reconcilery {' '.join(arguments)}: {done.stderr.strip()}")
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def until(self, what: str, attempt: Callable[[], _T | None]) -> _T:
        """The first result of the attempt that is not empty."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline and not self.running.stopping.is_set():
            if result := attempt():
                return result
            self.running.stopping.wait(1)
        raise CheckFailed(f"the story ends here: it did not come true that {what}")

    def hold(self, held: bool, otherwise: str) -> None:  # noqa: FBT001 - it reads as a sentence
        """End the story unless it is so."""
        if not held:
            raise CheckFailed(f"the story does not hold: {otherwise}")

    def step(self, title: str, text: str) -> None:
        """A chapter with what happened in it."""
        self.console.print(f"\n[bold]{datetime.now().astimezone():%H:%M:%S}  {title}[/bold]")
        self.console.print(f"          {text}", highlight=False, soft_wrap=True)

    def say(self, *lines: str) -> None:
        """A paragraph."""
        self.console.print()
        for line in lines:
            self.console.print(line, highlight=False, soft_wrap=True)
