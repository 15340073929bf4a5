"""The same job by Great Expectations, on the same database in the same run, process start to result."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.harness import Bench, say
from benchmarks.results import Result, summary
from benchmarks.servers import connect
from benchmarks.workers import ROOT

ROUNDS = 3
PYTHON = ROOT / "build" / "great_expectations" / "bin" / "python"
PROGRAMS = Path(__file__).parent / "programs"
#: The least that a person runs: 14 days by ours with all counters, and a day, for those who check every hour.
WINDOWS = {"deep": timedelta(days=14), "full": timedelta(days=1)}


def measure(bench: Bench) -> list[Result]:
    """Theirs and ours take turns, after one round each that warms the cache."""
    database = bench.main_database()
    return [_compare(bench, database, kind) for kind in WINDOWS]


def _compare(bench: Bench, database: str, kind: str) -> Result:
    ours: list[float] = []
    theirs: list[float] = []
    for number in range(ROUNDS + 1):
        say(f"{kind} check beside Great Expectations: round {number} of {ROUNDS}")
        seconds, report = _ours(bench, database, kind)
        their_seconds, answer = _theirs(database, kind)
        if number:
            ours.append(seconds)
            theirs.append(their_seconds)
    figures = {
        "ours": summary(ours),
        "great_expectations": summary(theirs),
        "our_missing": report["counts"]["missing"],
        "their_unexpected_rows": answer["observed"],
        "great_expectations_version": answer["version"],
    }
    ratio = round(median(ours) / median(theirs), 3)
    notes = [
        "each from the start of its process to its result, as a person would run it",
        "theirs asks for the tasks without output alone; ours fills the whole report, looks twice and keeps it",
        "theirs knows only the first finish column and begins some seconds later, hence the small difference",
    ]
    mine, other = report["counts"]["missing"], int(answer["observed"])
    met = abs(mine - other) <= 0.01 * mine + 5
    return Result(f"{kind} beside Great Expectations", figures, ratio, "no ratio; the same answer", met, notes)


def _ours(bench: Bench, database: str, kind: str) -> tuple[float, dict[str, Any]]:
    environ = bench.environment(database, bench.place("local"))
    program = str(Path(sys.executable).with_name("reconcilery"))
    return _timed([program, "check", kind, "--local", "--json", "--fail-on", "never"], environ)


def _theirs(database: str, kind: str) -> tuple[float, dict[str, Any]]:
    now = datetime.now(UTC)
    with connect(database) as connection:
        row = connection.execute("SELECT now()").fetchone()
        assert row is not None
        now = row[0]
    url = database.replace("postgresql+psycopg://", "postgresql+psycopg2://")
    bounds = [moment.isoformat() for moment in (now - WINDOWS[kind], now, now)]
    return _timed([str(PYTHON), "-P", str(PROGRAMS / "gx_check.py"), url, *bounds], dict(os.environ))


def _timed(command: Sequence[str], environ: Mapping[str, str]) -> tuple[float, dict[str, Any]]:
    began = time.perf_counter()
    done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(f"{command[:4]} ended with {done.returncode}: {done.stderr[-2000:]}")
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return seconds, answer
