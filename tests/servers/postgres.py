"""A private PostgreSQL: no durability, password by SCRAM, this machine's own address."""

import secrets
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.up.ports import LOCALHOST, free_port
from tests.servers.databases import answers
from tests.servers.missing import program
from tests.servers.process import Account, account, private_folder, run_as, serving

PACKAGES = "postgresql"
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")
#: A commit that was confirmed outlives the server's sudden death, though not the machine's.
SURE = ("fsync=off", "full_page_writes=off", "max_connections=200")


@dataclass(frozen=True)
class PostgresHome:
    """The files of a server that may be started again and again under one address."""

    folder: Path
    owner: Account
    command: tuple[Path | str, ...]
    url: str

    @contextmanager
    def running(self, settings: tuple[str, ...] = FAST) -> Iterator[subprocess.Popen[bytes]]:
        """The server for the time of the block; whoever stops it before by a signal may do so."""
        set_so = [part for setting in settings for part in ("-c", setting)]
        with serving(self.owner, [*self.command, *set_so], self.folder, lambda: answers(self.url)) as server:
            yield server


@contextmanager
def postgres_home() -> Iterator[PostgresHome]:
    """A server of our own that does not run yet; its account may create databases."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    initdb = program("initdb", PACKAGES, *versions).resolve()
    owner, port, password = account("postgres", "nobody"), free_port(), secrets.token_hex(16)
    with private_folder(owner) as folder:
        data, password_file = folder / "data", folder / "password"
        password_file.write_text(password)
        access = ("-A", "scram-sha-256", "-U", "tester", "--pwfile", str(password_file))
        run_as(owner, [initdb, "--no-sync", *access, data], folder)
        place = ("-D", str(data), "-h", LOCALHOST, "-p", str(port), "-k", str(folder))
        url = f"postgresql+psycopg://tester:{password}@{LOCALHOST}:{port}/postgres"
        yield PostgresHome(folder, owner, (initdb.with_name("postgres"), *place), url)


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of a server of our own, with the right to create databases."""
    with postgres_home() as home, home.running():
        yield home.url


def stop_at_once(server: subprocess.Popen[bytes]) -> None:
    """As a restart does it: sessions are ended, what was committed is written."""
    server.send_signal(signal.SIGINT)
    server.wait()


def die(server: subprocess.Popen[bytes]) -> None:
    """As a crash of the server does it: the next start recovers what was committed."""
    server.send_signal(signal.SIGQUIT)
    server.wait()
