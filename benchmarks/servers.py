"""PostgreSQL as one would run it for real: durable, with memory, and with statistics of every statement."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from cli.up.ports import LOCALHOST, free_port
from tests.servers.databases import answers
from tests.servers.missing import program
from tests.servers.postgres import PACKAGES
from tests.servers.process import account, private_folder, run_as, serving

# Whatever is not named here is as PostgreSQL ships it: work_mem, parallel workers, just-in-time compilation.
SETTINGS = (
    "shared_buffers=2GB",
    "max_wal_size=8GB",
    "fsync=on",
    "shared_preload_libraries=pg_stat_statements",
)


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of a server of our own, with the right to create databases."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    initdb = program("initdb", PACKAGES, *versions).resolve()
    owner, port, password = account("postgres", "nobody"), free_port(), secrets.token_hex(16)
    url = f"postgresql+psycopg://bench:{password}@{LOCALHOST}:{port}/postgres"
    with private_folder(owner) as folder:
        data, password_file = folder / "data", folder / "password"
        password_file.write_text(password)
        access = ("-A", "scram-sha-256", "-U", "bench", "--pwfile", str(password_file))
        run_as(owner, [initdb, *access, data], folder)
        settings = [part for setting in SETTINGS for part in ("-c", setting)]
        place = ("-D", str(data), "-h", LOCALHOST, "-p", str(port), "-k", str(folder))
        with serving(owner, [initdb.with_name("postgres"), *place, *settings], folder, lambda: answers(url)):
            yield url


def connect(url: str) -> psycopg.Connection:
    """A plain connection by psycopg, each statement its own transaction; without compilation, as ours."""
    plain = url.replace("postgresql+psycopg://", "postgresql://")
    return psycopg.connect(plain, autocommit=True, prepare_threshold=None, options="-c timezone=UTC -c jit=off")


def create_database(server_url: str, name: str) -> str:
    """A new database in the server; returns its URL."""
    with connect(server_url) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return f"{server_url.rpartition('/')[0]}/{name}"
