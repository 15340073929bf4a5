"""Repairs: how fast, how well the provider's limit is used, and how much memory a hundred thousand tasks need.

The bare loop is a program by hand that asks the same server with one `requests.Session`, and inserts row and journal
entry in one transaction a task; it keeps no items, takes no locks and cannot be stopped.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import psycopg
import requests
from sqlalchemy import create_engine, insert, select

from benchmarks.harness import Bench, say
from benchmarks.memory import watched
from benchmarks.results import Result
from benchmarks.servers import connect, create_database
from benchmarks.workers import running, worker
from cli.repair.told import write_listed
from compensation import control
from compensation.bench import bench_for
from compensation.plans.opening import RepairOrder, open_repair
from compensation.plans.planned_items import planned_pages
from compensation.plans.planning import make_plan
from compensation.runs import Run, require_run
from compensation.states import RunState
from consistency.database import transaction
from consistency.ledger.own_tables import LEDGER, REPAIRS
from consistency.ledger.repair_tables import repair_items, repair_runs
from consistency.ledger.schema import create_or_upgrade
from consistency.resources import Resources, open_resources
from consistency.settings import Settings
from tests.factories.default_app import metadata, tasks
from tests.servers.runninghub_process import RemoteRunningHub, runninghub_process

RULE = "task-outputs"
ROUNDS, TASKS = 3, 3000
PRINTS = 9
LIMIT, LIMITED_TASKS = 50, 1500
MANY, FEW = 100_000, 10_000
LEAST_THROUGHPUT, LEAST_USE, MOST_REFUSED, MOST_PRINT = 0.6, 0.85, 0.01, 1.5
MOST_GROWTH_MB = 15.0
PATIENCE_SECONDS = 1800.0
_ENDED = {RunState.SUCCEEDED, RunState.SUCCEEDED_WITH_LEFTOVERS, RunState.PAUSED, RunState.FAILED}


def measure(bench: Bench) -> list[Result]:
    """Measure throughput, then the limit, then a hundred thousand."""
    return [_throughput(bench), _limit(bench), *_many(bench)]


class Shop:
    """An application that has lost all outputs of its tasks, and the settings to repair it."""

    def __init__(self, bench: Bench, name: str, number: int, hub: RemoteRunningHub, **settings: Any) -> None:
        url, self.bench, self.log_dir = create_database(bench.postgres_url, name), bench, bench.place(name)
        chosen = {"runninghub_base_url": hub.url, "check_links": False, "repair_preview": 0, "provider_rate": 0}
        chosen |= {"repair_cap": 10 * MANY, "repair_share": 1.0, "runninghub_api_key": hub.key, **settings}
        self.environment = bench.environment(url, self.log_dir, **{name: str(value) for name, value in chosen.items()})
        for prefixed in ("RUNNINGHUB_BASE_URL", "RUNNINGHUB_API_KEY"):
            self.environment[prefixed] = self.environment.pop(f"RECONCILERY_{prefixed}")
        settings_of = Settings.model_validate({"database_url": url, "redis_url": bench.redis_url, **chosen})
        self.resources: Resources = open_resources(settings_of)
        self.url, self.hub = url, hub
        _fill(url, number)
        for tables in (LEDGER, REPAIRS):
            create_or_upgrade(self.resources.primary, tables)

    def plan(self, ids: list[str] | None = None) -> Run:
        """A plan over these tasks, or all."""
        order = RepairOrder(rule_id=RULE, task_ids=ids, actor="benchmark", approved=True)
        opened, _ = open_repair(self.resources, order)
        with bench_for(self.resources, RULE, None) as made:
            return make_plan(made, opened.id, "benchmark")

    def repair(self, run: Run, pumps: int) -> float:
        """Apply the plan by so many messages; the seconds from the first one to the closed run."""
        control.start(self.resources, run.id, "benchmark", approved=True, fresh=True)
        began = time.perf_counter()
        for _ in range(pumps):
            self.bench.app().send_task("compensation.pump", kwargs={"run_id": run.id})
        self.ended(run)
        return time.perf_counter() - began

    def ended(self, run: Run) -> Run:
        """The run when it has ended well."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (found := self.look(run)).state not in _ENDED and time.monotonic() < deadline:
            time.sleep(0.1)
        assert found.state is RunState.SUCCEEDED, f"{found.state}: {found.reason}; see {self.log_dir}"
        return found

    def look(self, run: Run) -> Run:
        with transaction(self.resources.reader) as connection:
            return require_run(connection, run.id)

    def rows(self) -> int:
        """How many outputs there are."""
        with connect(self.url) as connection:
            row = connection.execute("SELECT count(*), count(DISTINCT task_id) FROM task_outputs").fetchone()
        assert row is not None
        assert row[0] == row[1], "an output is there twice"
        return int(row[0])


def _fill(url: str, number: int) -> None:
    engine = create_engine(url)
    metadata.create_all(engine)
    start = datetime.now(UTC).replace(tzinfo=None, microsecond=0) - timedelta(days=7)
    with engine.begin() as connection:
        for first in range(1, number + 1, 10_000):
            connection.execute(insert(tasks), [_task(each, start) for each in _block(first, number)])
        connection.exec_driver_sql("ANALYZE")
    engine.dispose()


def _block(first: int, number: int) -> range:
    return range(first, min(first + 10_000, number + 1))


def _task(number: int, start: datetime) -> dict[str, Any]:
    done = start + timedelta(seconds=number)
    times = {"completed_at": done, "updated_at": done, "created_at": done}
    return {"id": number, "status": "SUCCESS", "provider_task_id": f"p-{number}", **times}


@contextmanager
def _workers(shop: Shop, number: int) -> Iterator[list[Any]]:
    programs = [worker(f"w{each}", 1, shop.environment, shop.log_dir) for each in range(number)]
    with running(shop.bench.app(), *programs):
        yield programs


def _throughput(bench: Bench) -> Result:
    ours, bare = [], []
    with runninghub_process() as hub:
        shop = Shop(bench, "repair-speed", 2 * TASKS * (ROUNDS + 1), hub)
        with _workers(shop, 1):
            for turn in range(ROUNDS + 1):
                first = 2 * TASKS * turn + 1
                run = shop.plan([str(each) for each in range(first, first + TASKS)])
                ours.append(shop.repair(run, 1))
                bare.append(_bare_loop(shop, range(first + TASKS, first + 2 * TASKS), run.id))
                say(f"repair: round {turn} of {ROUNDS}: ours {ours[-1]:.2f} s, bare {bare[-1]:.2f} s")
        complete = shop.rows() == 2 * TASKS * (ROUNDS + 1)
    # The first round warms both up.
    speeds = {"ours_per_s": TASKS / median(ours[1:]), "bare_per_s": TASKS / median(bare[1:])}
    ratio = speeds["ours_per_s"] / speeds["bare_per_s"]
    figures = {**{name: round(speed) for name, speed in speeds.items()}, "tasks": TASKS, "rounds": ROUNDS}
    target = f"at least {LEAST_THROUGHPUT} x the bare loop's speed"
    return Result("repair, one worker", figures, round(ratio, 3), target, complete and ratio >= LEAST_THROUGHPUT)


def _bare_loop(shop: Shop, numbers: range, run_id: str) -> float:
    began, url = time.perf_counter(), f"{shop.hub.url}/task/openapi/outputs"
    plain = shop.url.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(plain) as connection, requests.Session() as session:
        for number in numbers:
            asked = {"apiKey": shop.hub.key, "taskId": f"p-{number}"}
            for output in session.post(url, json=asked, timeout=30).json()["data"]:
                _bare_write(connection, number, output, run_id)
            connection.commit()
    return time.perf_counter() - began


def _bare_write(connection: psycopg.Connection, number: int, output: dict[str, Any], run_id: str) -> None:
    key = f"{output['nodeId']}#0"
    row = connection.execute(
        "INSERT INTO task_outputs (task_id, created_at, output_key, file_url, file_type)"
        " VALUES (%s, now(), %s, %s, %s) RETURNING id",
        (number, key, output["fileUrl"], output["fileType"]),
    ).fetchone()
    assert row is not None
    image = json.dumps({"id": row[0], "task_id": number, "output_key": key, "file_url": output["fileUrl"]})
    connection.execute(
        "INSERT INTO reconcilery_repair_journal (run_id, item_id, rule_id, task_key, output_key, target_table,"
        " target_pk, row_image, row_hash, undone, written_at) VALUES (%s, 0, %s, %s, %s, %s, %s, %s, %s, 0, now())",
        (run_id, RULE, str(number), key, "task_outputs", f"[{row[0]}]", image, "0" * 64),
    )


def _limit(bench: Bench) -> Result:
    with runninghub_process(rate=LIMIT, burst=5) as hub:
        shop = Shop(bench, "repair-limit", LIMITED_TASKS, hub, provider_rate=LIMIT)
        run = shop.plan()
        with _workers(shop, 4):
            seconds = shop.repair(run, 4)
        seen = hub.seen()
        complete = shop.rows() == LIMITED_TASKS
    calls, refused = sum(seen["calls"].values()), seen["limits"].get("refused", 0)
    used = (calls - refused) / seconds / LIMIT
    figures = {"limit_per_s": LIMIT, "workers": 4, "calls": calls, "refused": refused, "seconds": round(seconds, 1)}
    target = f"at least {LEAST_USE} of the limit used, under {MOST_REFUSED:.0%} refused"
    met = complete and used >= LEAST_USE and refused < MOST_REFUSED * calls
    return Result("repair, a provider's limit", figures, round(used, 3), target, met)


def _many(bench: Bench) -> list[Result]:
    peaks: dict[int, float] = {}
    with runninghub_process() as hub:
        for number in (FEW, MANY):
            say(f"repair: {number:,} tasks")
            shop = Shop(bench, f"repair-{number}", number, hub)
            began = time.perf_counter()
            run = shop.plan()
            planning = time.perf_counter() - began
            with _workers(shop, 1) as programs, watched(*programs) as peak:
                seconds = shop.repair(run, 1)
            assert shop.rows() == number, "not every output came back"
            peaks[number] = peak.rss_mb
        printed = _printing(shop, run)
    growth = peaks[MANY] - peaks[FEW]
    figures = {"few": FEW, "many": MANY, "few_mb": peaks[FEW], "many_mb": peaks[MANY]}
    figures |= {"planning_s": round(planning, 1), "repair_s": round(seconds, 1)}
    target = f"at most {MOST_GROWTH_MB:.0f} MB more for ten times the tasks"
    memory = Result(
        "repair, memory of a child", figures, round(peaks[MANY] / peaks[FEW], 3), target, growth <= MOST_GROWTH_MB
    )
    return [memory, printed]


def _printed(shop: Shop, run: Run) -> list[str]:
    """What `repair plan --json` writes, piece by piece."""
    pieces: list[str] = []
    rule = shop.resources.rule(run.rule_id)
    write_listed(pieces.append, {}, "plan", planned_pages(shop.resources, rule, run.id))
    return pieces


def _printing(shop: Shop, run: Run) -> Result:
    ours, bare = [], []
    for _ in range(PRINTS):
        began = time.perf_counter()
        pages = list(map(len, _printed(shop, run)))
        ours.append(time.perf_counter() - began)
        began = time.perf_counter()
        with transaction(shop.resources.reader) as connection:
            connection.execute(select(repair_runs).where(repair_runs.c.id == run.id)).all()
            read = len(connection.execute(select(repair_items).where(repair_items.c.run_id == run.id)).all())
        bare.append(time.perf_counter() - began)
    assert read == MANY
    assert len(pages) > 1, "nothing was printed"
    ratio = median(ours) / median(bare)
    figures = {"items": MANY, "ours_s": round(median(ours), 2), "bare_s": round(median(bare), 2)}
    target = f"at most {MOST_PRINT} x the two queries that read run and items"
    return Result("repair, printing a plan", figures, round(ratio, 3), target, ratio <= MOST_PRINT)
