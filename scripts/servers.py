"""The servers, browser and tools that the tests start for themselves: which are missing, and how they get here."""

from __future__ import annotations  # an old Python must be able to read this file, to say that it is too old

import os
import shutil
import subprocess
import sys
from pathlib import Path

# Debian's package -> a program of it, or another file, and where that may be beside PATH.
PROGRAMS = {
    "postgresql": ("initdb", "/usr/lib/postgresql/*/bin"),
    "mariadb-server-core": ("mariadbd", "/usr/sbin"),
    "mariadb-client-core": ("my_print_defaults", "/usr/bin"),
    "redis-server": ("redis-server", "/usr/bin"),
    "prometheus": ("promtool", "/usr/bin"),
    "chromium": ("chromium", "/usr/bin"),
    # What drives the browser needs this library, and Chinese on a picture needs letters.
    "libatomic1": ("libatomic.so.1", "/usr/lib/*"),
    "fonts-wqy-zenhei": ("wqy-zenhei.ttc", "/usr/share/fonts/truetype/wqy"),
}
CLUSTER_SETTINGS = Path("/etc/postgresql-common/createcluster.conf")


def install_missing() -> None:
    """Installs what is missing when this is root on Debian, else prints how to; starts no service of the system."""
    packages = missing()
    if packages and not (os.geteuid() == 0 and shutil.which("apt-get") and install(packages)):
        print(f"For all tests: apt-get install --no-install-recommends {' '.join(packages)}", file=sys.stderr)


def install(packages: list[str]) -> bool:
    """Installs Debian packages and tells whether that went well."""
    if not CLUSTER_SETTINGS.exists():
        CLUSTER_SETTINGS.parent.mkdir(parents=True, exist_ok=True)
        CLUSTER_SETTINGS.write_text("create_main_cluster = false\n")
    return apt("update") and apt("install", "--yes", "--no-install-recommends", *packages)


def missing() -> list[str]:
    """The Debian packages whose programs or files are not on this machine."""
    return [package for package, (program, places) in PROGRAMS.items() if not present(program, places)]


def present(program: str, places: str) -> bool:
    """True when the program is on PATH or in one of the places, a glob pattern of folders."""
    return bool(shutil.which(program)) or any(Path("/").glob(f"{places[1:]}/{program}"))


def apt(*arguments: str) -> bool:
    """Runs apt-get without questions, its words on stderr, and tells whether it ended well."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return (
        subprocess.run(["apt-get", "-qq", *arguments], env=environment, stdout=sys.stderr, check=False).returncode == 0
    )
