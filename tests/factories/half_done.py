"""A day of tasks, of which every fifth lacks its output, at a moment that tests choose; and the parts of a run."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from consistency.database import transaction
from consistency.ledger import parts
from consistency.resources import Resources
from tests.factories.application import Application
from tests.factories.rows import Output, Task, World

AS_OF = datetime(2026, 9, 16, 3, 0, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def fill(engine: Engine) -> World:
    """A task each minute of the last half hour, then each hour of the day; every fifth lacks its output."""
    world = World()
    for number in range(54):
        done = AS_OF - (number if number < 30 else 60 * (number - 30)) * MINUTE - MINUTE / 3
        world.tasks.append(Task(number, completed_at=done))
        if number % 5:
            world.outputs.append(Output(number, number, done + MINUTE / 60, "a"))
    Application(engine).create().fill(world)
    return world


def states(resources: Resources, run_id: str) -> list[tuple[str, str]]:
    with transaction(resources.store) as connection:
        return [(part.purpose, part.state) for part in parts.parts_of(connection, run_id)]
