"""Workers are killed at random moments of deep checks; every run must end by itself, right, and be recorded once."""

import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import psycopg

from benchmarks import bare, ledger
from benchmarks.harness import Bench, say
from benchmarks.results import Result
from benchmarks.servers import connect
from benchmarks.workers import Program, beat, running, worker
from consistency.journal_files import read_lines

KILLS, KILLS_A_RUN, WORKERS, CHILDREN = 30, 3, 2, 2
MOST_TASKS = 500_000
END_SECONDS = 180.0
SETTINGS = {"statement_timeout": "3s", "lease": "4s", "sweep_every": "2s", "quick_every": "1d", "full_every": "1d"}


@dataclass
class Havoc:
    """What was killed and what became of it."""

    random: random.Random
    killed: Counter[str] = field(default_factory=Counter)
    restarts: int = 0

    @property
    def count(self) -> int:
        return self.killed.total()

    def kill_one(self, programs: list[Program]) -> None:
        """kill -9 for a main process or for one of the children of a worker."""
        program = self.random.choice(programs)
        children = program.children()
        with suppress(psutil.NoSuchProcess):
            if children and self.random.random() < 0.67:
                self.random.choice(children).kill()
                self.killed["child"] += 1
            elif program.alive:
                program.main().kill()
                self.killed["worker"] += 1

    def restart_dead(self, programs: list[Program]) -> None:
        """As a supervisor would."""
        for program in programs:
            if not program.alive:
                program.start()
                self.restarts += 1


def measure(bench: Bench) -> list[Result]:
    """Deep checks one after the other until thirty processes were killed while one was open."""
    tasks = min(MOST_TASKS, bench.shape.tasks)
    database = bench.database("kills", replace(bench.shape, tasks=tasks, outputs=int(tasks * 1.2)))
    place = bench.place("kills")
    environ = bench.environment(database, place, **SETTINGS)
    programs = [worker(f"victim-{number}", CHILDREN, environ, place) for number in range(WORKERS)]
    havoc, began = Havoc(random.Random(42)), time.monotonic()
    with connect(database) as connection, running(bench.app(), *programs, beat(environ, place)):
        while havoc.count < KILLS:
            _one_run(bench, connection, programs, havoc)
        endless = _let_them_end(connection, programs, havoc)
        return [_result(connection, place, havoc, endless, time.monotonic() - began)]


def _one_run(bench: Bench, connection: psycopg.Connection, programs: list[Program], havoc: Havoc) -> None:
    """Publish a deep check, kill up to three processes while it is open, and wait until it is closed."""
    say(f"kills: {havoc.count} of {KILLS}")
    bench.app().send_task("monitor_tasks.deep_check")
    opened = _wait_until_open(bench, connection, programs, havoc)
    deadline, allowed = time.monotonic() + END_SECONDS, min(havoc.count + KILLS_A_RUN, KILLS)
    while opened and time.monotonic() < deadline and _open_runs(connection):
        time.sleep(havoc.random.uniform(0.0, 1.0))
        if havoc.count < allowed and _open_runs(connection):
            havoc.kill_one(programs)
            time.sleep(havoc.random.uniform(0.0, 1.0))
        havoc.restart_dead(programs)


def _wait_until_open(bench: Bench, connection: psycopg.Connection, programs: list[Program], havoc: Havoc) -> bool:
    """A call that dies before its run is in the ledger is lost by design, so it is made again."""
    for _ in range(10):
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            havoc.restart_dead(programs)
            if _open_runs(connection):
                return True
            time.sleep(0.01)
        bench.app().send_task("monitor_tasks.deep_check")
    return False


def _open_runs(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT count(*) FROM reconcilery_check_runs WHERE closed_at IS NULL").fetchone()
    assert row is not None
    return int(row[0])


def _let_them_end(connection: psycopg.Connection, programs: list[Program], havoc: Havoc) -> int:
    """Nobody is killed any more; says how many runs were still not closed, recorded and told at the deadline."""
    asked = "SELECT count(*) FROM reconcilery_check_runs WHERE recorded_at IS NULL OR notified_at IS NULL"
    deadline, left = time.monotonic() + END_SECONDS, 1
    while left and time.monotonic() < deadline:
        havoc.restart_dead(programs)
        row = connection.execute(asked).fetchone()
        left = int(row[0]) if row else 0
        time.sleep(0.1)
    return left


def _result(connection: psycopg.Connection, place: Path, havoc: Havoc, endless: int, seconds: float) -> Result:
    found = ledger.runs(connection)
    deep = [run for run in found if run["type"] == "deep"]
    wrong = [problem for run in deep for problem in _problems(connection, run)]
    twice, lost = _recorded(place, found)
    figures: dict[str, Any] = {
        "killed": dict(havoc.killed),
        "workers_started_again": havoc.restarts,
        "runs": len(deep),
        "runs_without_end": endless,
        "coverage": sorted({run["report"]["coverage"] for run in deep if run["report"]}),
        "runs_with_wrong_numbers": len({problem.partition(":")[0] for problem in wrong}),
        "recorded_twice": twice,
        "not_recorded": lost,
        "seconds": round(seconds, 1),
    }
    met = not (endless or wrong or twice or lost) and havoc.count >= KILLS
    notes = [
        f"{WORKERS} workers of {CHILDREN} children, killed only while a run was open",
        ", ".join(f"{name} {value}" for name, value in SETTINGS.items()),
        *wrong[:10],
    ]
    return Result("kills", figures, None, "every run ends by itself, coverage 1, right numbers, once", met, notes)


def _problems(connection: psycopg.Connection, run: dict[str, Any]) -> list[str]:
    report = run["report"]
    if report is None:
        return [f"{run['id']}: no report"]
    bounds = {
        name: run[column].replace(tzinfo=UTC)
        for name, column in (("lo", "window_start"), ("hi", "window_end"), ("as_of", "as_of"))
    }
    wrong = bare.differences(report, bare.ask(connection, bare.EVERYTHING, **bounds))
    if report["coverage"] != 1:
        wrong.append(f"coverage {report['coverage']}: {report['problems'][:2]}")
    return [f"{run['id']}: {each}" for each in wrong]


def _recorded(place: Path, found: list[dict[str, Any]]) -> tuple[int, int]:
    """How many runs stand more than once in the day files, and how many not at all."""
    today = datetime.now(UTC).date()
    lines = read_lines(place / "monitoring_results", today - timedelta(days=1), today)
    times = Counter(str(record["check_id"]) for record in lines)
    return sum(count > 1 for count in times.values()), sum(run["id"] not in times for run in found)
