"""`reconcilery serve` as a process of its own, with what tests ask it over HTTP."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.acceptance.launching import ROOT, eventually

BASE = "/api/monitoring"
_ANSWERS = re.compile(r"answers at (http://\S+) ")
_PATIENCE_SECONDS = 75.0


@dataclass(frozen=True)
class Served:
    """The server, where it answers, and what it has printed."""

    url: str
    process: subprocess.Popen[bytes]
    output: Path

    def get(self, path: str, **how: Any) -> requests.Response:
        return requests.get(self.url + path, timeout=_PATIENCE_SECONDS, **how)

    def post(self, path: str, body: Any = None, **how: Any) -> requests.Response:
        return requests.post(self.url + path, json=body, timeout=_PATIENCE_SECONDS, **how)

    def health(self) -> dict[str, Any]:
        """What the health says of each part, by its name."""
        found = self.get(f"{BASE}/health").json()
        return {"status": found["status"], **{name: part["status"] for name, part in found["components"].items()}}


@contextmanager
def served(folder: Path, settings: Mapping[str, str]) -> Iterator[Served]:
    """The server of that folder and those settings, from its first answer to the end of the block."""
    output = folder / "served.log"
    with output.open("wb") as words:
        process = subprocess.Popen(
            (sys.executable, "-c", "from cli.main import main; main()", "serve", "--port", "0"),
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **settings},
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        found = eventually(lambda: _ANSWERS.search(output.read_text()) or process.poll() is not None)
        assert isinstance(found, re.Match), output.read_text()
        yield Served(found[1], process, output)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
