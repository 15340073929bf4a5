"""Random databases: every counter of every check equals the oracle's, on all three databases."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from consistency.database import connect
from consistency.model import CheckType, Window
from consistency.resources import with_private_ledger
from monitor_tasks.windows import window_of
from tests.factories.application import Application
from tests.factories.chance import some_spec, some_world
from tests.factories.checking import check, mapping_of, resources_of
from tests.factories.comparing import assert_report_is_right
from tests.factories.oracle import Spec
from tests.factories.rows import Output, Task, World

CASES = {"sqlite": 40, "postgresql": 14, "mysql": 14}
KINDS = (*3 * (CheckType.QUICK,), *3 * (CheckType.RANGE,), CheckType.FULL, CheckType.DEEP)


@pytest.fixture
def application(database_url: str) -> Iterator[Application]:
    engine = connect(database_url)
    yield Application(engine).create()
    engine.dispose()


def test_every_counter_of_every_check_equals_the_oracle(application: Application, thoroughness: int) -> None:
    for seed in range(thoroughness * CASES[application.engine.dialect.name]):
        random = Random(seed)
        as_of = datetime(2026, 9, 16, 3, tzinfo=UTC) + timedelta(seconds=random.uniform(0, 86_400))
        as_of = random.choice((as_of, as_of.replace(minute=0, second=0, microsecond=0)))
        kind, spec = random.choice(KINDS), some_spec(random)
        window = _window(random, kind, as_of)
        world = some_world(random, spec, window.start, window.end, as_of)
        application.fill(world)
        resources = with_private_ledger(resources_of(application.engine, mapping_of(spec)))
        report = check(resources, kind, as_of, window=window)
        try:
            assert_report_is_right(report, world, spec)
        except AssertionError as error:
            raise AssertionError(f"case {seed}, a {kind} check of {spec}: {error}") from error
        resources.store.dispose()


def test_percentiles_of_many_delays_are_right_to_a_sixteenth_and_the_sample_is_spread(application: Application) -> None:
    random, as_of, world = Random(11), datetime(2026, 9, 16, 3, 14, 15, 926535, tzinfo=UTC), World()
    for number in range(2500):
        done = as_of - timedelta(minutes=11 + 49 * random.random())
        world.tasks.append(Task(number, completed_at=done))
        if number % 10:
            created = done + timedelta(seconds=random.lognormvariate(3, 1.5))
            world.outputs.append(Output(number, number, created, "a"))
    application.fill(world)
    resources = with_private_ledger(resources_of(application.engine))
    for kind in (CheckType.FULL, CheckType.QUICK, CheckType.QUICK):
        report = check(resources, kind, as_of)
        right = assert_report_is_right(report, world, Spec())
        missing = sorted((task.completed_at, str(task.id)) for task in world.tasks if str(task.id) in right.missing)
        keys = [key for _, key in missing]
        assert len(report["missing_sample"]) > 14, "and some between them"
        assert report["missing_sample"][:7] == keys[:7], "the oldest"
        assert report["missing_sample"][-7:] == keys[-7:], "the newest"
    resources.store.dispose()


def _window(random: Random, kind: CheckType, as_of: datetime) -> Window:
    if kind is not CheckType.RANGE:
        return window_of(kind, as_of)
    end = as_of - timedelta(hours=random.choice((0, 0, 1, 30)))
    return Window(end - timedelta(minutes=random.choice((1, 60, 61, 600))), end)
