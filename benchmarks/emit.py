"""Emitting: how long a service waits for an event, beside building the event alone, and calling its callbacks itself.

The service has the seed's three callbacks. It emits in a row, and a hundred times a second after pauses in which its
other threads work: into the ledger, with the database stopped in between, and into Redis with that stopped.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.harness import Bench, say
from benchmarks.results import Result
from consistency.database import connect
from consistency.ledger.own_tables import LEDGER
from consistency.ledger.schema import create_or_upgrade
from tests.servers.own_redis import OwnRedis
from tests.servers.postgres import SURE, postgres_home, stop_at_once

EVENTS = 3000
MOST_MICROSECONDS = 50


def measure(bench: Bench) -> list[Result]:
    """Each way in a process of its own."""
    found: dict[str, Any] = {}
    with _receiver() as hook:
        for stopped in (False, True):
            name = "database stopped" if stopped else "database running"
            say(f"emit: {name}")
            found[name] = _through_the_ledger(bench.place(f"emit-{stopped:d}"), hook, stopped=stopped)
        say("emit: broker stopped")
        found["broker stopped"] = _through_redis(bench.place("emit-2"), hook)
    return [_result(name, figures) for name, figures in found.items()]


def _result(name: str, times: Mapping[str, list[float]]) -> Result:
    figures = {f"{what}_us": {f"p{part}": _at(times[what], part) for part in (50, 99)} for what in times}
    more = round(figures["emit_us"]["p99"] - figures["build_us"]["p99"], 1)
    figures["more_than_building_us"] = {"p99": more}
    ratio = figures["emit_us"]["p99"] / figures["direct_us"]["p99"]
    target = f"in a row, p99 at most {MOST_MICROSECONDS} microseconds more than building"
    return Result(f"emitting, {name}", figures, round(ratio, 4), target, more <= MOST_MICROSECONDS)


def _at(times: list[float], percent: int) -> float:
    """That percentile in microseconds."""
    return round(1e6 * sorted(times)[len(times) * percent // 100], 1)


def _through_the_ledger(folder: Path, hook: str, *, stopped: bool) -> Mapping[str, list[float]]:
    with postgres_home() as home, home.running(SURE) as server:
        engine = connect(home.url)
        create_or_upgrade(engine, LEDGER)
        engine.dispose()
        with _emitter(folder, hook, RECONCILERY_DATABASE_URL=home.url) as emitter:
            if stopped:
                stop_at_once(server)
            return _times(emitter)


def _through_redis(folder: Path, hook: str) -> Mapping[str, list[float]]:
    redis = OwnRedis(folder)
    with redis.running() as server, _emitter(folder, hook, RECONCILERY_EVENTS_URL=redis.service.url) as emitter:
        server.terminate()
        server.wait()
        return _times(emitter)


@contextmanager
def _receiver() -> Iterator[str]:
    """A web server of its own process, which takes everything."""
    command = [sys.executable, "-m", "benchmarks.programs.receiver"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


@contextmanager
def _emitter(folder: Path, hook: str, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """The service, whose first events have gone out."""
    command = [sys.executable, "-m", "benchmarks.programs.emitter", hook, str(EVENTS)]
    environ = {
        "PATH": "",
        "PYTHONPATH": str(Path(__file__).parent.parent),
        "RECONCILERY_LOG_DIR": str(folder),
        **settings,
    }
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env=environ, text=True, **pipes) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield process
        finally:
            process.kill()


def _times(emitter: subprocess.Popen[str]) -> Mapping[str, list[float]]:
    assert emitter.stdin is not None
    assert emitter.stdout is not None
    emitter.stdin.write("go\n")
    emitter.stdin.flush()
    said = json.loads(emitter.stdout.readline())
    assert said["dropped"] == 0, said["dropped"]
    times: Mapping[str, list[float]] = said["times"]
    return times
