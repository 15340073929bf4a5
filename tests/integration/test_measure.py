"""A repair's before and after: the numbers of the checks and of the oracle, for windows and for keys."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import Engine

from consistency import tasks_by_keys
from consistency.database import connect
from consistency.errors import StatementTimeout
from consistency.host import BoundRule
from consistency.measure import Measured, measure
from consistency.model import CheckType, Window
from consistency.resources import with_private_ledger
from consistency.source import Source, source_of
from consistency.stretches import DAY, cut
from tests.factories.application import Application
from tests.factories.chance import some_spec, some_world
from tests.factories.checking import check, mapping_of, resources_of
from tests.factories.locked import locked_out
from tests.factories.oracle import Spec, expected
from tests.factories.rows import Output, Task, World

AS_OF = datetime(2026, 9, 16, 3, 7, 9, 123456, tzinfo=UTC)
CASES = {"sqlite": 32, "postgresql": 12, "mysql": 12}
ALWAYS = Window(datetime(1990, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC))


@pytest.fixture
def application(engine: Engine) -> Application:
    return Application(engine).create()


def counted(world: World, spec: Spec, window: Window) -> Measured:
    counts = expected(world, spec, window.start, window.end, AS_OF).counts
    return Measured(*(counts[name] or 0 for name in ("tasks", "tasks_with_outputs", "missing")))


def test_every_measurement_equals_the_oracle_and_the_check(
    application: Application, monkeypatch: pytest.MonkeyPatch, thoroughness: int
) -> None:
    monkeypatch.setattr(tasks_by_keys, "PAGE_KEYS", 7)
    for seed in range(thoroughness * CASES[application.engine.dialect.name]):
        random = Random(seed)
        spec, end = some_spec(random), AS_OF - timedelta(hours=random.choice((0, 0, 20)))
        window = Window(end - timedelta(minutes=random.choice((1, 60, 61, 3000))), end)
        world = some_world(random, spec, window.start, window.end, AS_OF)
        application.fill(world)
        resources = with_private_ledger(resources_of(application.engine, mapping_of(spec)))
        source, rule = source_of(resources), resources.rule("task-outputs")
        measured = measure(source, rule, window, AS_OF)
        assert measured == counted(world, spec, window), f"case {seed}, {window} under {spec}"
        keys = random.sample(range(50), 20)
        some = World([task for task in world.tasks if task.id in keys], world.outputs)
        assert measure(source, rule, keys + keys, AS_OF) == counted(some, spec, ALWAYS), f"case {seed}, {keys}"
        if not seed % 4:
            counts = check(resources, CheckType.RANGE, AS_OF, window=window)["counts"]
            told = Measured(counts["tasks"], counts["tasks_with_outputs"], counts["missing"])
            assert measured == told, f"case {seed}, {window} under {spec}"
        resources.store.dispose()


def test_nothing_is_measured_as_nothing(application: Application) -> None:
    resources = resources_of(application.engine)
    source, rule = source_of(resources), resources.rule("task-outputs")
    assert measure(source, rule, [], AS_OF) == Measured(0, 0, 0)
    assert measure(source, rule, Window(AS_OF, AS_OF), AS_OF) == Measured(0, 0, 0)


def test_what_was_just_written_counts_though_a_replica_lacks_it(engine: Engine, sqlite: Engine) -> None:
    done, world = AS_OF - timedelta(hours=2), World([Task(1, completed_at=AS_OF - timedelta(hours=2))])
    Application(sqlite).create().fill(world)
    Application(engine).create().fill(World(world.tasks, [Output(1, 1, done)]))
    resources = resources_of(engine, read=sqlite)
    window = Window(AS_OF - timedelta(days=1), AS_OF)
    assert measure(source_of(resources), resources.rule("task-outputs"), window, AS_OF) == Measured(1, 1, 0)


@pytest.fixture(params=["postgres_url", "mariadb_url"])
def server(request: pytest.FixtureRequest) -> Iterator[Engine]:
    engine = connect(request.getfixturevalue(request.param))
    yield engine
    engine.dispose()


def slow_source(engine: Engine, world: World, on_progress: Callable[[], None]) -> tuple[Source, BoundRule]:
    Application(engine).create().fill(world)
    resources = resources_of(engine, statement_timeout=timedelta(seconds=0.15))
    return source_of(resources, on_progress), resources.rule("task-outputs")


def test_a_piece_that_takes_too_long_is_halved_until_it_is_quick_enough(server: Engine) -> None:
    begin, asked = AS_OF - timedelta(hours=50), 0
    world = World([Task(number, completed_at=begin + timedelta(hours=number)) for number in range(48)])
    world.outputs += [Output(number, number, AS_OF) for number in range(0, 48, 3)]

    def on_progress() -> None:
        nonlocal asked
        asked += 1
        if asked == 3:
            let_in()

    window = Window(begin, AS_OF)
    source, rule = slow_source(server, world, on_progress)
    with locked_out(server) as let_in:
        assert measure(source, rule, window, AS_OF) == counted(world, Spec(), window)
    days = len(cut(window, DAY))
    assert asked == days + 2 * 2, "two pieces were halved"


def test_a_piece_that_cannot_be_halved_any_more_is_an_error(server: Engine) -> None:
    asked = 0

    def on_progress() -> None:
        nonlocal asked
        asked += 1

    source, rule = slow_source(server, World(), on_progress)
    window = Window(AS_OF - timedelta(minutes=7), AS_OF)
    with locked_out(server), pytest.raises(StatementTimeout):
        measure(source, rule, window, AS_OF)
    assert asked == 3, "7, 3.5 and 1.75 minutes"
