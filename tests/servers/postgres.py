"""A private PostgreSQL: no durability, password by SCRAM, this machine's own address."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.up.ports import LOCALHOST, free_port
from tests.servers.databases import answers
from tests.servers.missing import program
from tests.servers.process import account, private_folder, run_as, serving

PACKAGES = "postgresql"
DROP = "DROP DATABASE {} WITH (FORCE)"
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of a server of our own, with the right to create databases."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    initdb = program("initdb", PACKAGES, *versions).resolve()
    owner, port, password = account("postgres", "nobody"), free_port(), secrets.token_hex(16)
    url = f"postgresql+psycopg://tester:{password}@{LOCALHOST}:{port}/postgres"
    with private_folder(owner) as folder:
        data, password_file = folder / "data", folder / "password"
        password_file.write_text(password)
        access = ("-A", "scram-sha-256", "-U", "tester", "--pwfile", str(password_file))
        run_as(owner, [initdb, "--no-sync", *access, data], folder)
        settings = [part for setting in FAST for part in ("-c", setting)]
        place = ("-D", str(data), "-h", LOCALHOST, "-p", str(port), "-k", str(folder))
        with serving(owner, [initdb.with_name("postgres"), *place, *settings], folder, lambda: answers(url)):
            yield url
