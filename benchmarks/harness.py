"""What all benchmarks share: the servers of one run, its databases, its folder and its sizes."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.data import Shape, fill
from benchmarks.servers import create_database, postgres
from benchmarks.workers import client, environment
from tests.servers.process import account, private_folder
from tests.servers.redis import redis_server


@dataclass
class Bench:
    """One run of the benchmarks; a database is made when it is first asked for."""

    folder: Path
    postgres_url: str
    redis_url: str
    shape: Shape
    _databases: dict[str, str] = field(default_factory=dict)
    _app: Any = None

    def database(self, name: str, shape: Shape) -> str:
        """The URL of the database of that name, filled with that shape."""
        if name not in self._databases:
            say(f"making {shape.tasks:,} tasks and {shape.outputs:,} outputs in {name}")
            url = create_database(self.postgres_url, name)
            fill(url, shape)
            self._databases[name] = url
        return self._databases[name]

    def main_database(self) -> str:
        """The database of full size."""
        return self.database("main", self.shape)

    def app(self) -> Any:
        """A client of the broker."""
        if self._app is None:
            self._app = client(self.environment(self.postgres_url, self.place("client")))
        return self._app

    def place(self, name: str) -> Path:
        """A folder for the logs and results of one measurement."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        return folder

    def environment(self, database_url: str, log_dir: Path, **settings: str) -> dict[str, str]:
        """What the product's processes are started with."""
        return environment(database_url, self.redis_url, log_dir, **settings)


@contextmanager
def servers(shape: Shape) -> Iterator[Bench]:
    """A run on private servers that end with it."""
    with private_folder(account()) as folder, postgres() as postgres_url, redis_server() as redis_url:
        yield Bench(folder, postgres_url, f"{redis_url}/0", shape)


def say(text: str) -> None:
    """Progress, for whoever waits."""
    print(text, file=sys.stderr, flush=True)
