"""Quick checks that follow each other while the application goes on: every report equals the oracle's."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from consistency.database import connect
from consistency.ledger.quick_state import drop_cursor
from consistency.model import CheckType
from consistency.resources import Resources
from monitor_tasks import checks
from tests.factories.application import Application
from tests.factories.checking import check, mapping_of, open_run, resources_of
from tests.factories.comparing import assert_report_is_right
from tests.factories.history import MINUTE, History
from tests.factories.oracle import PLACES, Spec, expected

NOON = datetime(2026, 9, 16, 12, 0, 0, 5, tzinfo=UTC)
LOOKBACK = timedelta(minutes=15)
SEEDS = {"sqlite": 3, "postgresql": 1, "mysql": 1}
STEPS = 22


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    connected = connect(database_url)
    yield connected
    connected.dispose()


def forget_cursor(resources: Resources) -> None:
    with resources.store.begin() as connection:
        drop_cursor(connection, "task-outputs")


def test_every_quick_check_equals_the_oracle_whatever_happened_between_them(engine: Engine, thoroughness: int) -> None:
    application = Application(engine).create()
    for seed in range(thoroughness * SEEDS[engine.dialect.name]):
        random = Random(seed)
        spec = Spec(min_rows=random.choice((1, 2)), grace=random.choice((timedelta(0), 10 * MINUTE)))
        history = History(application, random, NOON, LOOKBACK)
        application.fill(history.world)
        resources = resources_of(engine, mapping_of(spec, f"rule-{seed}"))
        for step in range(STEPS):
            history.pass_time(random.choice((2 * MINUTE, 20 * MINUTE, 20 * MINUTE, 90 * MINUTE)))
            if spec.min_rows == 1:
                history.repair()
            history.withdraw()
            if random.random() < 0.1:
                with resources.store.begin() as connection:
                    drop_cursor(connection, f"rule-{seed}")
            if random.random() < 0.1:
                report = check(resources, CheckType.FULL, history.now)
                assert_report_is_right(report, history.world, spec)
            report = check(resources, CheckType.QUICK, history.now)
            try:
                assert_report_is_right(report, history.world, spec)
            except AssertionError as error:
                raise AssertionError(f"seed {seed}, step {step}, {spec}: {error}") from error


def test_a_deleted_output_of_a_settled_task_comes_back_with_the_next_full_check(engine: Engine) -> None:
    application = Application(engine).create()
    history = History(application, Random(1), NOON, LOOKBACK)
    resources = resources_of(engine, mapping_of(Spec()))
    while len(history.world.outputs) < 20:
        history.pass_time(5 * MINUTE)
    history.now += 30 * MINUTE
    check(resources, CheckType.QUICK, history.now)
    with engine.begin() as connection:
        connection.execute(application.child.delete())
    history.world.outputs.clear()
    history.now += MINUTE
    assert_report_is_right(check(resources, CheckType.FULL, history.now), history.world, Spec())
    assert_report_is_right(check(resources, CheckType.QUICK, history.now), history.world, Spec())


def test_what_a_full_check_has_dropped_does_not_come_back_with_a_quick_check_that_ran_beside_it(
    sqlite_url: str, tmp_path: Path
) -> None:
    engine, store = connect(sqlite_url), connect(f"sqlite:///{tmp_path / 'store.sqlite'}")
    application = Application(engine).create()
    history = History(application, Random(2), NOON, LOOKBACK)
    resources = resources_of(engine, mapping_of(Spec()), store=store)
    while len(history.world.outputs) < 20:
        history.pass_time(5 * MINUTE)
    history.now += 25 * MINUTE
    check(resources, CheckType.QUICK, history.now)
    with engine.begin() as connection:
        connection.execute(application.child.delete())
    history.world.outputs.clear()
    quick, _ = open_run(resources, CheckType.QUICK, history.now + MINUTE)
    asked = 0

    @event.listens_for(engine, "before_cursor_execute")
    def full_check_in_the_middle(*_: Any) -> None:
        nonlocal asked
        asked += 1
        if asked == 1:
            forget_cursor(resources)

    checks.work(resources, quick.id)
    event.remove(engine, "before_cursor_execute", full_check_in_the_middle)
    assert asked > 1
    history.now += 2 * MINUTE
    assert_report_is_right(check(resources, CheckType.QUICK, history.now), history.world, Spec())
    engine.dispose()
    store.dispose()


def test_a_clock_that_is_set_back_does_no_harm(sqlite_url: str) -> None:
    engine = connect(sqlite_url)
    history = History(Application(engine).create(), Random(3), NOON, LOOKBACK)
    resources = resources_of(engine, mapping_of(Spec()))
    for _ in range(8):
        history.pass_time()
        check(resources, CheckType.QUICK, history.now)
    for back in (1, 20, 45, 70, 30, 0):
        report = check(resources, CheckType.QUICK, history.now - back * MINUTE)
        assert_report_is_right(report, history.world, Spec())
    engine.dispose()


@pytest.mark.parametrize("seed", range(4))
def test_a_replica_that_lags_hides_nothing_once_it_has_caught_up(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    engines = [connect(f"sqlite:///{tmp_path / name}") for name in ("primary", "replica")]
    primary, replica = (Application(engine).create() for engine in engines)
    resources = resources_of(engines[0], mapping_of(Spec()), read=engines[1])
    history = History(primary, random, NOON, LOOKBACK)
    replayed = 0
    for _ in range(25):
        history.pass_time()
        history.repair()
        lag = random.choice((0, 0, 3, 30, 120)) * MINUTE
        while replayed < len(history.commits) and history.commits[replayed][0] <= history.now - lag:
            replica.add(*history.commits[replayed][1:])
            replayed += 1
        report = check(resources, CheckType.QUICK, history.now)
        true = expected(history.world, Spec(), history.now - 60 * MINUTE, history.now, history.now)
        assert set(report["missing_sample"]) <= true.missing, "a lagging replica must not make a false alarm"
        if replayed == len(history.commits):
            assert_report_is_right(report, history.world, Spec())
    for engine in engines:
        engine.dispose()


def fill_by_the_database(engine: Engine, tasks: int, now: datetime) -> None:
    """So many tasks in the 30 days up to three hours ago, and 40 in each of the last hours; some lack outputs."""
    old = "INSERT INTO tasks (id, state, completed_at, created_at) SELECT n, 'SUCCESS', at, at FROM (SELECT n,"
    old += " CAST(:now AS timestamp) - interval '3 hours' - n * interval '30 days' / :tasks AS at"
    old += " FROM generate_series(1, :tasks) n) AS made"
    new = "INSERT INTO tasks (id, state, completed_at, created_at) SELECT -n, 'SUCCESS', at, at FROM (SELECT n,"
    new += " CAST(:now AS timestamp) - n * interval '90 seconds' AS at FROM generate_series(1, 120) n) AS made"
    outputs = "INSERT INTO task_outputs (id, task_id, created_at) SELECT row_number() OVER (), id, completed_at"
    outputs += " FROM tasks WHERE id % 7 <> 0"
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE tasks, task_outputs"))
        for statement in (old, new, outputs):
            connection.execute(text(statement), {"now": now.replace(tzinfo=None), "tasks": tasks})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def blocks_of_a_warm_check(engine: Engine, resources: Resources, now: datetime) -> int:
    """How many blocks the statements of a quick check read that follows another by a minute."""
    statements: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if "FROM tasks" in statement or "FROM task_outputs" in statement or "JOIN task" in statement:
            statements.append((statement, parameters))

    check(resources, CheckType.QUICK, now)
    event.listen(engine, "before_cursor_execute", note)
    report = check(resources, CheckType.QUICK, now + MINUTE)
    event.remove(engine, "before_cursor_execute", note)
    assert report["counts"]["missing"] > 0
    assert statements
    return sum(_blocks(engine, *each) for each in statements if each[0].lstrip().startswith("SELECT"))


def _blocks(engine: Engine, statement: str, parameters: Any) -> int:
    with engine.begin() as connection:
        explained = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", parameters)
        plan = explained.scalar_one()[0]["Plan"]
    return int(plan["Shared Hit Blocks"]) + int(plan["Shared Read Blocks"])


@pytest.mark.parametrize("places", [PLACES, PLACES[:1]], ids=["fallbacks", "one column"])
def test_a_warm_quick_check_reads_no_more_blocks_when_the_table_is_ten_times_as_big(
    postgres_url: str, places: tuple[str, ...]
) -> None:
    engine = connect(postgres_url)
    application = Application(engine).create()
    with engine.begin() as connection:
        for name in ("updated_at", "created_at"):
            connection.exec_driver_sql(f"CREATE INDEX ON tasks ({name}) WHERE completed_at IS NULL")
    resources = resources_of(engine, mapping_of(Spec(places=places)))
    assert application.parent.name == "tasks"
    blocks = []
    for tasks, day in ((10_000, 0), (100_000, 1)):
        now = NOON + timedelta(days=day)
        fill_by_the_database(engine, tasks, now)
        blocks.append(blocks_of_a_warm_check(engine, resources, now))
    assert blocks[1] <= 1.5 * blocks[0], blocks
    engine.dispose()
