"""Prometheus' own tool, which knows whether metrics and rules are as it wants them."""

import subprocess
from pathlib import Path

from tests.servers.missing import program


def promtool(*arguments: str | Path, given: bytes = b"") -> str:
    """What it says; AssertionError when it finds a fault. Debian has it in the package prometheus."""
    tool = program("promtool", "prometheus")
    done = subprocess.run([tool, *arguments], input=given, capture_output=True, check=False, timeout=60)
    said = (done.stdout + done.stderr).decode()
    assert done.returncode == 0, said
    return said
