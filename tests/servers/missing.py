"""What happens when a server's program is not on this machine."""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

PLACES = ("/usr/sbin", "/usr/local/sbin", "/usr/bin")


def program(name: str, packages: str, *places: Path) -> Path:
    """The program's path, from PATH or the given folders; without it the test is skipped, with CI=true it fails."""
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *map(str, places), *PLACES]))
    return Path(found) if found else absent(name, packages)


def absent(name: str, packages: str) -> NoReturn:
    """Skips the test with the line that installs what is missing; fails it in continuous integration."""
    message = f"no {name} on this machine: apt-get install --no-install-recommends {packages}"
    if in_ci():
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


def in_ci() -> bool:
    """True where nothing may be skipped."""
    return os.environ.get("CI", "").lower() in {"1", "true"}
