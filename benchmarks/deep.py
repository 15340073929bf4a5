"""A deep check over everything, beside the bare statement that computes the same counters in one go."""

from dataclasses import replace
from statistics import median
from typing import Any

import psycopg

from benchmarks import bare, ledger
from benchmarks.harness import Bench, say
from benchmarks.memory import Peak, watched
from benchmarks.results import Result
from benchmarks.servers import connect
from benchmarks.workers import running, worker

ROUNDS = 3
PARTS_TARGET, TWO_TARGET, MEMORY_TARGET_MB = 1.3, 1.4, 150.0


def measure(bench: Bench) -> list[Result]:
    """One worker, two workers, and one with a million missing outputs."""
    database = bench.main_database()
    results, one_whole = _one_worker(bench, database)
    results.append(_two_workers(bench, database, one_whole))
    results.append(_many_missing(bench))
    return results


def _one_worker(bench: Bench, database: str) -> tuple[list[Result], float]:
    place = bench.place("deep-one")
    program = worker("deep-one", 1, bench.environment(database, place), place)
    parts, wholes, single, shipped, wrong = [], [], [], [], []
    statements: dict[str, Any] = {}
    with connect(database) as connection, running(bench.app(), program), watched(program) as peak:
        _warm_up(bench, connection)
        for number in range(ROUNDS):
            say(f"deep, one worker: round {number + 1} of {ROUNDS}")
            done = ledger.check(bench.app(), connection, "deep")
            purposes = ledger.part_seconds(connection, done.run_id)
            parts.append(purposes["scan"])
            wholes.append(done.stored)
            statements = done.report["database"]
            alone, together = _bare(connection, done)
            single.append(alone.seconds)
            shipped.append(together.seconds)
            wrong += bare.differences(done.report, alone)
    figures = {
        "sum_over_parts_s": round(median(parts), 3),
        "publish_to_stored_report_s": round(median(wholes), 3),
        "bare_one_process_s": round(median(single), 3),
        "bare_as_shipped_with_parallel_query_s": round(median(shipped), 3),
        "ratio_of_the_whole_time": round(median(wholes) / median(single), 3),
        "ratio_to_bare_as_shipped": round(median(parts) / median(shipped), 3),
        "other_parts_s": {name: value for name, value in purposes.items() if name != "scan"},
        "statements": statements,
    }
    ratio = round(median(parts) / median(single), 3)
    notes = [
        f"median of {ROUNDS} rounds after one to warm up; the bare statements run right after each check",
        "compared in one process: a part is read through a cursor, which PostgreSQL never parallelises",
        *(f"the counters differ: {each}" for each in wrong[:5]),
    ]
    met = ratio <= PARTS_TARGET and not wrong
    deep = Result("deep, one worker", figures, ratio, f"parts at most {PARTS_TARGET} x the bare statement", met, notes)
    return [deep, _memory("memory of a worker's child", peak, {})], median(wholes)


def _warm_up(bench: Bench, connection: psycopg.Connection) -> None:
    say("deep: one round to warm up")
    done = ledger.check(bench.app(), connection, "deep")
    bare.ask(connection, bare.EVERYTHING, **done.bounds)


def _bare(connection: psycopg.Connection, done: ledger.Finished) -> tuple[bare.Answer, bare.Answer]:
    connection.execute("SET max_parallel_workers_per_gather = 0")
    alone = bare.ask(connection, bare.EVERYTHING, **done.bounds)
    connection.execute("RESET max_parallel_workers_per_gather")
    return alone, bare.ask(connection, bare.EVERYTHING, **done.bounds)


def _two_workers(bench: Bench, database: str, one_before: float) -> Result:
    """One and two workers take turns, so that both see the same machine."""
    wholes: dict[int, list[float]] = {1: [one_before], 2: []}
    with connect(database) as connection:
        for number in range(ROUNDS):
            for count in (2, 1):
                say(f"deep, {count} worker(s): round {number + 1} of {ROUNDS}")
                wholes[count].append(_whole_time(bench, connection, database, count))
    one, two = median(wholes[1]), median(wholes[2])
    ratio = round(one / two, 3)
    figures = {"one_worker_s": round(one, 3), "two_workers_s": round(two, 3)}
    notes = ["two workers of one child each, on one machine that also runs the database and the client"]
    return Result("deep, two workers", figures, ratio, f"at least {TWO_TARGET} x as fast", ratio >= TWO_TARGET, notes)


def _whole_time(bench: Bench, connection: psycopg.Connection, database: str, count: int) -> float:
    place = bench.place("deep-two")
    environ = bench.environment(database, place)
    programs = [worker(f"deep-{count}-{number}", 1, environ, place) for number in range(count)]
    with running(bench.app(), *programs):
        # The first check of a process connects and reads the tables' definitions.
        for _ in range(2 * count):
            ledger.check(bench.app(), connection, "quick")
        return ledger.check(bench.app(), connection, "deep").stored


def _many_missing(bench: Bench) -> Result:
    """One task of ten lacks its output: a million of ten."""
    database = bench.database("missing", replace(bench.shape, missing=0.1))
    place = bench.place("deep-missing")
    program = worker("deep-missing", 1, bench.environment(database, place), place)
    with connect(database) as connection, running(bench.app(), program), watched(program) as peak:
        say("deep, a tenth of the outputs missing")
        done = ledger.check(bench.app(), connection, "deep")
        for _ in range(3):
            ledger.check(bench.app(), connection, "quick")
        alone, _ = _bare(connection, done)
        parts = ledger.part_seconds(connection, done.run_id)
    figures = {
        "missing": done.report["counts"]["missing"],
        "sum_over_parts_s": parts["scan"],
        "publish_to_stored_report_s": round(done.stored, 3),
        "bare_one_process_s": round(alone.seconds, 3),
        "statements": done.report["database"],
    }
    return _memory("memory with a tenth missing", peak, figures, bare.differences(done.report, alone))


def _memory(name: str, peak: Peak, figures: dict[str, Any], wrong: list[str] | None = None) -> Result:
    notes = [f"resident memory of the largest child in {peak.samples} samples, shared pages counted in full"]
    notes += [f"the counters differ: {each}" for each in (wrong or [])[:5]]
    met = peak.rss_mb < MEMORY_TARGET_MB and not wrong
    return Result(name, {"peak_rss_mb": peak.rss_mb, **figures}, None, f"under {MEMORY_TARGET_MB:.0f} MB", met, notes)
