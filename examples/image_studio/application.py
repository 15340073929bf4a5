"""A small application to watch: it finishes image tasks and saves their outputs, until a deployment breaks the saving.

What a version loses stays lost, whatever comes after it, until somebody asks the image service again.
It knows nothing of Reconcilery. The only thing a real application would not do is to confess: the ids of the tasks
whose output it loses go to a file, so that what the checks find can be held against what really happened.

    python examples/image_studio/application.py studio.sqlite3 --images-at http://127.0.0.1:8200 \
        --confess-to lost.txt --deploy versions.jsonl
    echo '{"loses": 40, "share": 0.45}' >> versions.jsonl
"""

import argparse
import random
import signal
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from images import images_of
from versions import Version, deployed

SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS tasks (
    id INTEGER PRIMARY KEY, status TEXT NOT NULL, workflow TEXT NOT NULL, provider_task_id TEXT,
    created_at TEXT NOT NULL, updated_at TEXT, completed_at TEXT);
CREATE TABLE IF NOT EXISTS task_outputs (
    id INTEGER PRIMARY KEY, task_id INTEGER NOT NULL REFERENCES tasks (id), output_key TEXT NOT NULL,
    file_url TEXT NOT NULL, file_type TEXT NOT NULL, created_at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS tasks_finished ON tasks (completed_at, id) WHERE status = 'SUCCESS';
CREATE INDEX IF NOT EXISTS task_outputs_task ON task_outputs (task_id, created_at);
CREATE INDEX IF NOT EXISTS task_outputs_created ON task_outputs (created_at);
"""
WORKFLOWS = ("portrait", "product-shot", "upscale")
SUCCESS_SHARE = 0.95
OPENS, CLOSES = 8, 20
SECONDS_BY_DAY, SECONDS_BY_NIGHT = 90, 240


def main() -> None:
    """Write two weeks of healthy history, then work until SIGTERM."""
    options = parsed_options()
    ended = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: ended.set())
    database = sqlite3.connect(options.database, timeout=30, isolation_level=None)
    database.executescript(SCHEMA)
    write_history(database, options)
    print("history is written, the studio is open", flush=True)
    work(database, options, ended)


def parsed_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A small application that begins to lose outputs.")
    parser.add_argument("database", type=Path)
    parser.add_argument("--images-at", required=True, help="where the image service answers")
    parser.add_argument("--confess-to", type=Path, required=True, help="where the ids of lost outputs are written")
    parser.add_argument("--deploy", type=Path, required=True, help="each line of this file deploys a version")
    parser.add_argument("--history-days", type=int, default=29)
    return parser.parse_args()


def write_history(database: sqlite3.Connection, options: argparse.Namespace) -> None:
    """About thirty finished tasks an hour, busier by day than by night, each with one or two outputs."""
    chance, now = random.Random(15), datetime.now(UTC)
    database.execute("BEGIN IMMEDIATE")
    for finished in moments_of(chance, now - timedelta(days=options.history_days), now - timedelta(minutes=1)):
        task, job, _ = add_task(database, chance, finished)
        if chance.random() < SUCCESS_SHARE:
            finish_task(database, task, finished)
            moment = finished + timedelta(seconds=chance.uniform(0.2, 1.5))
            save_outputs(database, task, images_of(job, options.images_at), moment)
        else:
            database.execute("UPDATE tasks SET status = 'FAILED', updated_at = ? WHERE id = ?", (text(finished), task))
    database.execute("COMMIT")


def moments_of(chance: random.Random, start: datetime, end: datetime) -> Iterator[datetime]:
    moment = start
    while moment < end:
        yield moment
        between = SECONDS_BY_DAY if OPENS <= moment.hour < CLOSES else SECONDS_BY_NIGHT
        moment += timedelta(seconds=chance.expovariate(1 / between))


def work(database: sqlite3.Connection, options: argparse.Namespace, ended: threading.Event) -> None:
    """Finish tasks one after the other, as the deployed version does it."""
    chance, version, lost = random.Random(), Version(), 0
    while not ended.wait(1 / version.tasks_per_second):
        if (latest := deployed(options.deploy)) != version:
            version, lost = latest, 0
        now = datetime.now(UTC)
        task, job, workflow = add_task(database, chance, now)
        finish_task(database, task, now)
        if version.breaks(workflow, lost, chance):
            lost += 1
            with options.confess_to.open("a", encoding="ascii") as confession:
                confession.write(f"{task} {text(now)}\n")
        else:
            save_outputs(database, task, images_of(job, options.images_at), datetime.now(UTC))


def add_task(database: sqlite3.Connection, chance: random.Random, moment: datetime) -> tuple[int, str, str]:
    """The new task's id, that of the image service's job for it, and its workflow."""
    columns = "status, workflow, provider_task_id, created_at, updated_at"
    job, workflow = f"job-{chance.getrandbits(48):012x}", chance.choice(WORKFLOWS)
    values = ("RUNNING", workflow, job, text(moment), text(moment))
    added = database.execute(f"INSERT INTO tasks ({columns}) VALUES (?, ?, ?, ?, ?)", values)  # noqa: S608 - fixed names
    assert added.lastrowid is not None
    return added.lastrowid, job, workflow


def finish_task(database: sqlite3.Connection, task: int, moment: datetime) -> None:
    finished = (text(moment), text(moment), task)
    database.execute("UPDATE tasks SET status = 'SUCCESS', completed_at = ?, updated_at = ? WHERE id = ?", finished)


def save_outputs(database: sqlite3.Connection, task: int, images: list[dict[str, str]], moment: datetime) -> None:
    for image in images:
        values = (task, image["key"], image["fileUrl"], image["fileType"], text(moment))
        columns = "task_id, output_key, file_url, file_type, created_at"
        database.execute(f"INSERT INTO task_outputs ({columns}) VALUES (?, ?, ?, ?, ?)", values)  # noqa: S608 - the same


def text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


if __name__ == "__main__":
    main()
