"""Real workers and a beat that repair an application over a local RunningHub, with what tests ask of them."""

import os
import signal
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import psutil
import redis
from sqlalchemy import delete, func, insert, select

from compensation.runs import Run, latest_runs
from compensation.states import LIVE, RunState
from consistency.database import connect, transaction
from consistency.ledger.own_tables import LEDGER, REPAIRS
from consistency.ledger.repair_tables import repair_batches
from consistency.ledger.schema import create_or_upgrade
from consistency.resources import Resources
from consistency.settings import Settings
from tests.acceptance.house import PREFIX, House, children, client_of, kill
from tests.acceptance.launching import eventually
from tests.factories.default_app import make_application, outputs
from tests.factories.rows import World
from tests.factories.studio import lost_tasks
from tests.factories.truth import ORIGINAL, rows_of
from tests.servers.runninghub_process import RemoteRunningHub

QUEUE = "reconcilery.repair"
NODES = ["9", "12"]


class Workshop(House):
    """A house whose application loses outputs; every task has two, and RunningHub still knows them all."""

    hub: RemoteRunningHub

    def publish(self, name: str, **kwargs: Any) -> Any:
        """Send a task of repairs; returns its result-to-be."""
        return self.client.send_task(f"compensation.{name}", kwargs=kwargs, queue=QUEUE)

    def runs(self) -> list[Run]:
        """All runs, newest first."""
        with transaction(self.engine.execution_options(readonly=True)) as connection:
            return latest_runs(connection, 100)

    def run(self, run_id: str) -> Run:
        return next(run for run in self.runs() if run.id == run_id)

    def opened(self, number: int) -> list[Run]:
        """The newest runs, once there are so many."""
        found: list[Run] = eventually(lambda: runs if len(runs := self.runs()) >= number else [])
        return found

    def ended_run(self, run_id: str) -> Run:
        """The run when nothing of it is going on any more; nobody touches it."""
        return eventually(lambda: run if (run := self.run(run_id)).state not in GOING_ON else None) or self.run(run_id)

    def lose(self, task_ids: Collection[int]) -> None:
        """Somebody deletes the outputs of these tasks."""
        with self.engine.begin() as connection:
            connection.execute(delete(outputs).where(outputs.c.task_id.in_(task_ids)))

    def write_originals(self, task_id: int) -> None:
        """The application writes a task's outputs itself, late."""
        rows = [
            {"task_id": task_id, "output_key": key, "file_url": f"{ORIGINAL}{task_id}/{key}", "file_type": "png"}
            for key in KEYS
        ]
        with self.engine.begin() as connection:
            connection.execute(insert(outputs), rows)

    def number_of_rows(self) -> int:
        with transaction(self.engine.execution_options(readonly=True)) as connection:
            return connection.scalar(select(func.count()).select_from(outputs)) or 0

    def holders(self) -> list[psutil.Process]:
        """The children that have a batch in hand."""
        chosen = select(repair_batches.c.worker).where(repair_batches.c.state == "working")
        with transaction(self.engine.execution_options(readonly=True)) as connection:
            pids = [int(name.rpartition(":")[2]) for name in connection.scalars(chosen)]
        return [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]

    def drop_messages(self) -> None:
        """What waits in the queue of repairs is gone."""
        with redis.Redis.from_url(self.redis_url) as raw:
            raw.delete(f"{PREFIX}{QUEUE}")

    def kill_something(self, random: Random, workers: list[Any]) -> str:
        """Kill -9 a pool child, or a whole worker in whose place another is started; says which."""
        place = random.randrange(len(workers))
        alive = children(workers[place]) if workers[place].poll() is None else []
        if random.random() < 0.7 and alive:
            random.choice(alive).send_signal(signal.SIGKILL)
            return "child"
        if workers[place].poll() is None:
            kill(workers[place])
        workers[place] = self.worker(wait=False)
        return "worker"

    def mend(self, workers: list[Any]) -> None:
        """Start what has ended by itself, as whoever runs workers does: Celery gives up when a new child dies."""
        for place, worker in enumerate(workers):
            if worker.poll() is not None:
                workers[place] = self.worker(wait=False)

    def assert_outputs_are_right(self, number: int) -> None:
        """Every task from 1 on has each of its outputs once."""
        found = sorted((row.task_id, row.output_key) for row in rows_of(self.engine))
        assert found == sorted((task, key) for task in range(1, number + 1) for key in KEYS)


KEYS = [f"{node}#0" for node in NODES]
#: Between the plan and its start a run is not live, yet nobody has to lend a hand.
GOING_ON = LIVE | {RunState.PLANNED}


@contextmanager
def workshop(
    folder: Path, database_url: str, redis_url: str, hub: RemoteRunningHub, tasks: int, **settings: str
) -> Iterator[Workshop]:
    """An application that has lost the outputs of all its tasks, and the settings for processes over it."""
    chosen = {
        "RECONCILERY_DATABASE_URL": database_url,
        "RECONCILERY_REDIS_URL": redis_url,
        "RECONCILERY_LOG_DIR": str(folder / "logs"),
        "RECONCILERY_STATEMENT_TIMEOUT": "2s",
        "RECONCILERY_LEASE": "4s",
        "RECONCILERY_SWEEP_EVERY": "1s",
        "RECONCILERY_QUICK_EVERY": "20h",
        "RECONCILERY_FULL_EVERY": "20h",
        "RUNNINGHUB_BASE_URL": hub.url,
        "RUNNINGHUB_API_KEY": hub.key,
        "RECONCILERY_PROVIDER_RATE": "0",
        "RECONCILERY_PROVIDER_TIMEOUT": "5s",
        "RECONCILERY_CHECK_LINKS": "false",
        "RECONCILERY_REPAIR_BATCH_SIZE": "12",
        "RECONCILERY_REPAIR_PREVIEW": "0",
        "RECONCILERY_REPAIR_SHARE": "1",
        **settings,
    }
    make_application(database_url, lost_tasks(tasks))
    engine = connect(database_url)
    create_or_upgrade(engine, LEDGER)
    create_or_upgrade(engine, REPAIRS)
    resources = Resources(Settings(), engine, engine, engine)
    place = Workshop(folder, engine, redis_url, chosen, World(), resources, client_of(redis_url))
    place.hub = hub
    try:
        yield place
    finally:
        for process in place.processes:
            if process.poll() is None:
                _thaw(process.pid)
                kill(process)
        place.client.close()
        engine.dispose()


def _thaw(pid: int) -> None:
    for child in psutil.Process(pid).children():
        os.kill(child.pid, signal.SIGCONT)
