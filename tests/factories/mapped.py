"""A random application under any mapping, held against the oracle."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from consistency.model import CheckType, Window
from consistency.resources import with_private_ledger
from tests.factories.application import MOMENTS, Application
from tests.factories.chance import some_world
from tests.factories.checking import check, mapping_of, resources_of
from tests.factories.comparing import assert_report_is_right
from tests.factories.oracle import Spec
from tests.factories.rows import World

AS_OF = datetime(2026, 9, 16, 3, 7, 9, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)


def assert_counts_are_right(
    application: Application,
    spec: Spec | None = None,
    as_of: datetime = AS_OF,
    key: Callable[[int], Any] = int,
    state: Callable[[Any], Any] = str,
    whole_seconds: bool = False,  # noqa: FBT001, FBT002 - a column of the tables below
    **mapped: Any,
) -> None:
    """A random world gives the oracle's numbers: in one window by itself, and twice in a row by quick checks."""
    spec = spec or Spec()
    window = Window(as_of - HOUR, as_of)
    world = some_world(Random(7), spec, window.start, window.end, as_of, most=60, key=key)
    for task in world.tasks:
        task.state = state(task.state) if task.state is not None else None
    if whole_seconds:
        _cut_to_seconds(world)
    application.fill(world)
    shared = with_private_ledger(resources_of(application.engine, mapping_of(spec, **mapped)))
    for kind in (CheckType.RANGE, CheckType.QUICK, CheckType.QUICK):
        report = check(shared, kind, as_of, window=window)
        right = assert_report_is_right(report, world, spec)
        assert right.missing, "a test with nothing missing tests nothing"


def _cut_to_seconds(world: World) -> None:
    for row in [*world.tasks, *world.outputs]:
        for name in MOMENTS:
            if (moment := getattr(row, name, None)) is not None:
                setattr(row, name, moment.replace(microsecond=0))
