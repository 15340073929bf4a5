"""Real workers and beats over a real database and Redis, with what tests ask of them."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import psutil
import redis
from celery import Celery
from kombu import Queue
from sqlalchemy import Engine, func, select, text

from consistency.database import connect, database_now, transaction
from consistency.journal_files import read_lines
from consistency.ledger import runs
from consistency.ledger.tables import check_parts, check_runs
from consistency.resources import Resources
from tests.acceptance.launching import ROOT, eventually
from tests.factories.application import Application
from tests.factories.chance import some_world
from tests.factories.checking import mapping_of, resources_of
from tests.factories.oracle import Spec
from tests.factories.rows import World

PREFIX = "reconcilery:"
QUEUES = ("reconcilery.checks", "reconcilery.deep", "reconcilery.notify", "reconcilery.repair")
SPEC = Spec(places=("completed_at",), grace=timedelta(minutes=1))
#: Every scan of the view takes a moment, so that there is time to kill somebody.
SLOW_VIEW = """
    CREATE VIEW slow_tasks AS WITH pause AS MATERIALIZED (SELECT pg_sleep(0.12))
    SELECT tasks.* FROM tasks WHERE EXISTS (SELECT 1 FROM pause)
"""


@dataclass
class House:
    """The processes of one test, and its database and Redis."""

    folder: Path
    engine: Engine
    redis_url: str
    settings: dict[str, str]
    world: World
    resources: Resources
    client: Celery
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """A process of the house in its own group; its words go to `output`."""
        with (self.folder / "output").open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "monitor_tasks", *command],
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": str(ROOT), **self.settings},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def worker(self, *, wait: bool = True) -> subprocess.Popen[bytes]:
        before = self.words().count(" ready.")
        process = self.start("worker", "--concurrency=2", "--loglevel=INFO", f"--hostname=w{len(self.processes)}@h")
        if wait:
            eventually(lambda: self.words().count(" ready.") > before)
        return process

    def beat(self) -> subprocess.Popen[bytes]:
        return self.start("beat", "--loglevel=INFO", f"--schedule={self.folder / f'beat{len(self.processes)}'}")

    def words(self) -> str:
        path = self.folder / "output"
        return path.read_text(errors="replace") if path.exists() else ""

    def call(self, name: str, **kwargs: Any) -> Any:
        """Publish a task by its name; returns its result-to-be."""
        return self.client.send_task(f"monitor_tasks.{name}", kwargs=kwargs)

    def ended(self, result: Any) -> Any:
        """The same result when its task has ended."""
        eventually(result.ready)
        return result

    def all_runs(self) -> list[runs.Run]:
        with transaction(self.engine) as connection:
            return [runs._run(row) for row in connection.execute(select(check_runs).order_by("created_at"))]

    def parts_done(self, run_id: str) -> int:
        chosen = select(func.count()).select_from(check_parts)
        with transaction(self.engine) as connection:
            return connection.scalar(chosen.where(check_parts.c.run_id == run_id, check_parts.c.state == "done")) or 0

    def attempts(self, run_id: str) -> list[int]:
        """How often each part of the run was taken."""
        with transaction(self.engine) as connection:
            return list(connection.scalars(select(check_parts.c.attempts).where(check_parts.c.run_id == run_id)))

    def settled(self, run_id: str) -> runs.Run:
        """The run once it is closed, recorded and told."""

        def look() -> runs.Run | None:
            with transaction(self.engine) as connection:
                run = runs.find_run(connection, run_id)
            return run if run and run.recorded_at and run.notified_at else None

        found = eventually(look)
        assert found is not None
        return found

    def lines(self, run_id: str) -> list[dict[str, Any]]:
        """What the day files say of the run."""
        records = read_lines(self.folder / "logs" / "monitoring_results", date(2000, 1, 1), date(3000, 1, 1))
        return [record for record in records if record["check_id"] == run_id]

    def push(self, entry: bytes) -> None:
        """Put anything on the queue of checks."""
        with redis.Redis.from_url(self.redis_url) as raw:
            raw.rpush(f"{PREFIX}{QUEUES[0]}", entry)

    def waiting(self) -> int:
        with redis.Redis.from_url(self.redis_url) as raw:
            return sum(int(raw.llen(f"{PREFIX}{name}")) for name in QUEUES)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill -9 a whole worker: its main process and its children at once."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def children(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children()


def client_of(redis_url: str) -> Celery:
    """A program that knows Celery and our names, and nothing else of us."""
    app = Celery("client", broker=redis_url, backend=redis_url, set_as_current=False)
    app.conf.update(
        broker_transport_options={"global_keyprefix": PREFIX},
        result_backend_transport_options={"global_keyprefix": PREFIX},
        task_default_queue=QUEUES[0],
        task_queues=[Queue(name, routing_key=name) for name in QUEUES],
        task_routes={"monitor_tasks.deep_check": {"queue": QUEUES[1]}},
    )
    return app


@contextmanager
def house(folder: Path, database_url: str, redis_url: str, **settings: str) -> Iterator[House]:
    """An application with two weeks of random rows, the ledger, and the settings for processes over them."""
    engine = connect(database_url)
    application = Application(engine).create()
    with transaction(engine) as connection:
        now = database_now(connection)
        connection.execute(text(SLOW_VIEW))
    world = some_world(Random(5), SPEC, now - timedelta(days=14), now, now - timedelta(hours=1), most=900)
    _keep_away_from_edges(world, now)
    application.fill(world)
    plain, slow = mapping_of(SPEC, "plain"), mapping_of(SPEC, "slow", parent={"table": "slow_tasks"})
    resources = resources_of(engine, plain, slow)
    toml = "[{}, {}]".format(*(rule.model_dump_json() for rule in (plain, slow)))
    chosen = {
        "RECONCILERY_DATABASE_URL": database_url,
        "RECONCILERY_REDIS_URL": redis_url,
        "RECONCILERY_LOG_DIR": str(folder / "logs"),
        "RECONCILERY_RULES": toml,
        "RECONCILERY_STATEMENT_TIMEOUT": "2s",
        "RECONCILERY_LEASE": "3s",
        "RECONCILERY_SWEEP_EVERY": "1s",
        "RECONCILERY_QUICK_EVERY": "20h",
        "RECONCILERY_FULL_EVERY": "20h",
        "RECONCILERY_DEEP_AT": f"{(now.hour + 12) % 24:02d}:30",
    }
    built = House(folder, engine, redis_url, {**chosen, **settings}, world, resources, client_of(redis_url))
    try:
        yield built
    finally:
        for process in built.processes:
            if process.poll() is None:
                kill(process)
        built.client.close()
        engine.dispose()


def _keep_away_from_edges(world: World, now: datetime) -> None:
    """Nothing may cross a border of a window or of the grace while the tests run."""
    for task in world.tasks:
        if task.completed_at is not None and task.completed_at > now - timedelta(hours=2):
            task.completed_at = now - timedelta(minutes=30)
