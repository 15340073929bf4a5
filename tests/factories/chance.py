"""Random applications: seeded, small, and full of what breaks counting."""

from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any

from tests.factories.oracle import PLACES, Spec
from tests.factories.rows import Output, Task, World

TICK = timedelta(microseconds=1)
STATES = ("SUCCESS", "DONE", "FAILED", "RUNNING", None)
KINDS = ("image", "video", None)


def some_spec(random: Random) -> Spec:
    """A rule with any mix of what can be mapped."""
    return Spec(
        states=random.choice((("SUCCESS",), ("SUCCESS", "DONE"))),
        places=random.choice((PLACES, PLACES, PLACES[:1], PLACES[:2])),
        grace=timedelta(minutes=random.choice((0, 1, 10, 10, 45))),
        late_after=timedelta(seconds=random.choice((0, 30, 300, 300))),
        min_rows=random.choice((1, 1, 1, 2, 3)),
        soft_deleted_tasks=random.random() < 0.7,
        soft_deleted_outputs=random.random() < 0.7,
        created=random.random() < 0.8,
        keyed=random.random() < 0.8,
        parent_where=_conditions(random),
        child_where=_conditions(random),
    )


def _conditions(random: Random) -> tuple[tuple[str, str, Any], ...]:
    known: list[tuple[str, str, Any]] = [
        ("kind", "=", "image"),
        ("kind", "!=", "image"),
        ("kind", "in", ("image", "video")),
        ("kind", "not in", ("video",)),
        ("kind", "is null", None),
        ("kind", "is not null", None),
        ("size", "<", 3),
        ("size", "<=", 3),
        ("size", ">", 1),
        ("size", ">=", 1),
    ]
    return tuple(random.sample(known, random.choice((0, 0, 0, 1, 2))))


def some_world(
    random: Random, spec: Spec, start: datetime, end: datetime, as_of: datetime, most: int = 40, key: Any = int
) -> World:
    """Rows in, around and on the edges of the window; `key` makes a task's key from a number."""
    world, numbers = World(), count(1)
    for number in range(random.randint(0, most)):
        done = _moment(random, spec, start, end, as_of)
        task = _some_task(random, key(number), done)
        world.tasks.append(task)
        if random.random() < 0.75:
            for _ in range(random.choice((1, 1, 1, 2, 3))):
                world.outputs.append(_some_output(random, next(numbers), task.id, _after(random, spec, done)))
    for _ in range(random.randint(0, 6)):
        owner = random.choice((None, key(10_000 + random.randint(0, 5))))
        world.outputs.append(_some_output(random, next(numbers), owner, _moment(random, spec, start, end, as_of)))
    random.shuffle(world.outputs)
    return world


def _moment(random: Random, spec: Spec, start: datetime, end: datetime, as_of: datetime) -> datetime:
    if random.random() < 0.3:
        hour, slot = end.replace(minute=0, second=0, microsecond=0), timedelta(minutes=5 * random.randint(-20, 2))
        edges = (start, end, as_of, as_of - spec.grace, as_of + spec.skew, hour + slot, hour - 24 * slot)
        return random.choice(edges) + random.choice((-TICK, 0 * TICK, TICK))
    if random.random() < 0.1:
        return as_of + timedelta(seconds=random.choice((30, 90, 100_000)))
    spread = (end - start) * random.uniform(-0.1, 1.1)
    moment = start + spread
    return moment.replace(microsecond=0) if random.random() < 0.5 else moment


def _after(random: Random, spec: Spec, done: datetime) -> datetime:
    exact = done + spec.late_after
    later = done + timedelta(seconds=random.lognormvariate(3, 2))
    return random.choice((exact, exact + TICK, later, later, later, done, done - timedelta(seconds=random.random())))


def _some_task(random: Random, key: Any, done: datetime) -> Task:
    task = Task(key, random.choice(("SUCCESS", "SUCCESS", "SUCCESS", *STATES)))
    missing = random.choice((0, 0, 0, 0, 1, 2, 3))
    for number, place in enumerate(PLACES):
        if number >= missing:
            setattr(task, place, done if number == missing else done - timedelta(seconds=random.randint(1, 9999)))
    task.deleted_at = done if random.random() < 0.1 else None
    task.kind, task.size = random.choice(KINDS), random.choice((None, 0, 1, 2, 3, 4))
    return task


def _some_output(random: Random, number: int, owner: Any, created: datetime) -> Output:
    return Output(
        id=number,
        task_id=owner,
        created_at=created if random.random() < 0.95 else None,
        output_key=random.choice((None, "a", "b", f"key {number}")),
        deleted_at=created if random.random() < 0.1 else None,
        kind=random.choice(KINDS),
        size=random.choice((None, 0, 1, 2, 3, 4)),
    )
