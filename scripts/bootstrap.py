"""Makes the virtual environment from the locked requirements; needs nothing but Python's standard library.

The other scripts call `ready()`; RECONCILERY_VENV names another folder than .venv.
"""

from __future__ import annotations  # an old Python must be able to read this file, to say that it is too old

import hashlib
import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

from project import ROOT, install_project

OLDEST = (3, 11)
NEWER_NAMES = ("python3.13", "python3.12", "python3.11")
# A download of a whole Python would hide that the asked one is missing.
INSTALLER_ENVIRONMENT = {"UV_PYTHON_DOWNLOADS": "never", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


class BootstrapError(Exception):
    """The environment cannot be made; the text says what to do."""


def ready(*requirements: str) -> Path:
    """Brings the environment up to the given files and returns its folder of programs; quick if nothing changed."""
    with_new_enough_python()
    venv = Path(os.environ.get("RECONCILERY_VENV") or ROOT / ".venv").absolute()
    python = venv / "bin" / "python"
    if version_of(python) is None:
        make_venv(venv)
    for name in requirements:
        once(venv, name, partial(install, python, ROOT / name))
    once(venv, "pyproject.toml", partial(install_project, venv))
    return venv / "bin"


def with_new_enough_python() -> None:
    """Starts the script again with a newer Python of this machine if the present one is too old."""
    if sys.version_info >= OLDEST:
        return
    for name in NEWER_NAMES:
        found = shutil.which(name)
        if found and version_of(Path(found)):
            os.execv(found, [found, *sys.argv])
    raise BootstrapError(f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed; install one and try again")


def version_of(python: Path) -> str | None:
    """The full version of an interpreter that works and is new enough, else None."""
    question = f"import sys; print(sys.version); sys.exit(sys.version_info < {OLDEST})"
    try:
        answer = subprocess.run([python, "-c", question], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None


def once(venv: Path, name: str, work: partial[None]) -> None:
    """Does the work unless it was done before for the same file, Python and place."""
    same = f"{version_of(venv / 'bin' / 'python')} {ROOT} {venv}".encode()
    digest = hashlib.sha256((ROOT / name).read_bytes() + same).hexdigest()
    stamp = venv / f"installed-{name}"
    if stamp.exists() and stamp.read_text() == digest:
        return
    print(f"Installing {name} into {venv}", file=sys.stderr, flush=True)
    work()
    stamp.write_text(digest)


def make_venv(venv: Path) -> None:
    """An environment without pip, which also a Debian without python3-venv can make; replaces a broken one."""
    if venv.exists() and any(venv.iterdir()) and not (venv / "pyvenv.cfg").exists():
        raise BootstrapError(f"{venv} is not a virtual environment; set RECONCILERY_VENV to another folder")
    subprocess.run([sys.executable, "-m", "venv", "--clear", "--without-pip", venv], check=True)


def install(python: Path, requirements: Path) -> None:
    """Installs a locked file with the first installer that succeeds: uv, this Python's pip, a pip inside the venv."""
    arguments = ("install", "--quiet", "--require-hashes", "--requirement", str(requirements))
    uv, inside, here = shutil.which("uv"), str(python), sys.executable
    if uv and succeeds(uv, "pip", *arguments, "--python", inside):
        return
    if has(here, "pip") and succeeds(here, "-m", "pip", "--python", inside, *arguments):
        return
    if has(inside, "ensurepip") and succeeds(inside, "-m", "ensurepip") and succeeds(inside, "-m", "pip", *arguments):
        return
    raise BootstrapError(
        f"{requirements.name} could not be installed, see above; where pip itself is missing, "
        "install it (on Debian: apt-get install python3-pip) or uv, and try again"
    )


def has(python: str, module: str) -> bool:
    """True when the interpreter can import the module."""
    return subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0


def succeeds(*command: str) -> bool:
    """Runs the command with its output shown and tells whether it ended well."""
    environment = {**os.environ, **INSTALLER_ENVIRONMENT}
    return subprocess.run(command, env=environment, stdout=sys.stderr, check=False).returncode == 0
