"""A quick check by a warm worker, from publish to stored report, beside the bare statement for the same hour."""

from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any

import psycopg

from benchmarks import bare, ledger
from benchmarks.data import feed
from benchmarks.harness import Bench, say
from benchmarks.results import Result, summary
from benchmarks.servers import connect
from benchmarks.workers import running, worker

ROUNDS, WARM_UP = 24, 6
TARGET = 1.5
BETWEEN_MINUTES = 15


@dataclass
class Rounds:
    """The seconds of each round: ours, and the bare statements right after it for the same window."""

    stored: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    queries: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    least: list[float] = field(default_factory=list)
    blocks: list[int] = field(default_factory=list)
    bare_blocks: list[int] = field(default_factory=list)
    tasks: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        return round(median(self.stored) / median(self.bare), 3)

    @property
    def blocks_a_task(self) -> float:
        return median(self.blocks) / self.tasks

    def figures(self) -> dict[str, Any]:
        return {
            "tasks_in_the_hour": self.tasks,
            "publish_to_stored_report": summary(self.stored),
            "publish_to_celery_result": summary(self.answered),
            "of_it_statements_on_the_application": summary(self.queries),
            "bare_all_counters_with_delays": summary(self.bare),
            "bare_without_delays": summary(self.least),
            "ratio_to_bare_without_delays": round(median(self.stored) / median(self.least), 3),
            "blocks_of_a_check_with_its_ledger": int(median(self.blocks)),
            "blocks_of_the_bare_statement": int(median(self.bare_blocks)),
        }


def measure(bench: Bench) -> list[Result]:
    """The steady state, 15 minutes after the check before; and the whole hour, as after a full check."""
    database = bench.main_database()
    small = _small_database(bench)
    steady, whole = _rounds(bench, "quick", database)
    steady_small, whole_small = _rounds(bench, "quick-small", small)
    notes = [
        f"{ROUNDS} rounds after {WARM_UP} to warm up; ours and the bare take turns, both with a warm cache",
        "steady: the cursor is set back as if the check before had been 15 minutes earlier, as the schedule has it",
        "the bare statement only counts; a check also keeps every missing task, its open set and a report",
    ]
    return [
        _result("quick, steady state", steady, notes),
        _result("quick, whole hour", whole, notes),
        _growth(bench, (steady_small, whole_small), (steady, whole)),
    ]


def _small_database(bench: Bench) -> str:
    """A tenth of the tasks in a tenth of the time: the last hour is as full as in the big one."""
    shape = bench.shape
    return bench.database(
        "tenth", replace(shape, tasks=shape.tasks // 10, outputs=shape.outputs // 10, days=shape.days / 10)
    )


def _rounds(bench: Bench, name: str, database: str) -> tuple[Rounds, Rounds]:
    place = bench.place(name)
    steady, whole = Rounds(), Rounds()
    program = worker(name, 1, bench.environment(database, place), place)
    with connect(database) as connection, running(bench.app(), program):
        feed(connection)
        # Rows younger than the last VACUUM cost a block each; both tables begin with none.
        connection.execute("VACUUM (ANALYZE) tasks, task_outputs")
        for number in range(WARM_UP + ROUNDS):
            say(f"{name}: round {number + 1} of {WARM_UP + ROUNDS}")
            kept = (steady, whole) if number >= WARM_UP else (Rounds(), Rounds())
            ledger.forget_cursor(connection)
            _round(bench, connection, kept[1])
            ledger.rewind(connection, BETWEEN_MINUTES)
            _round(bench, connection, kept[0])
    return steady, whole


def _round(bench: Bench, connection: psycopg.Connection, rounds: Rounds) -> None:
    feed(connection)
    connection.execute("SELECT pg_stat_statements_reset()")
    done = ledger.check(bench.app(), connection, "quick")
    rounds.blocks.append(ledger.statement_blocks(connection))
    rounds.stored.append(done.stored)
    rounds.answered.append(done.answered)
    rounds.queries.append(done.report["database"]["query_seconds"])
    rounds.tasks = done.report["counts"]["tasks"]
    connection.execute("SELECT pg_stat_statements_reset()")
    answer = bare.ask(connection, bare.HOUR, **done.bounds)
    rounds.bare_blocks.append(ledger.statement_blocks(connection))
    rounds.bare.append(answer.seconds)
    rounds.least.append(bare.ask(connection, bare.WITHOUT_DELAYS, **done.bounds).seconds)
    rounds.wrong += bare.differences(done.report, answer)


def _result(name: str, rounds: Rounds, notes: list[str]) -> Result:
    met = rounds.ratio <= TARGET and not rounds.wrong
    wrong = [f"the counters differ: {each}" for each in rounds.wrong[:5]]
    return Result(name, rounds.figures(), rounds.ratio, f"at most {TARGET} x the bare statement", met, notes + wrong)


def _growth(bench: Bench, small: tuple[Rounds, Rounds], big: tuple[Rounds, Rounds]) -> Result:
    sizes = (bench.shape.tasks // 10, bench.shape.tasks)
    figures = {
        f"{name}, {size:,} tasks": {
            "blocks": int(median(rounds.blocks)),
            "tasks_in_the_hour": rounds.tasks,
            "blocks_a_task": round(rounds.blocks_a_task, 3),
        }
        for name, pair in zip(("steady", "whole hour"), zip(small, big, strict=True), strict=True)
        for size, rounds in zip(sizes, pair, strict=True)
    }
    ratio = round(max(after.blocks_a_task / before.blocks_a_task for before, after in zip(small, big, strict=True)), 3)
    notes = [
        "for each task of the hour, of which one table has a few more than the other",
        "blocks of 8 kB touched by all statements of a check, by pg_stat_statements, those on the ledger too",
    ]
    return Result(
        "quick, ten times the table", figures, ratio, "no more blocks, to one in a hundred", ratio <= 1.01, notes
    )
