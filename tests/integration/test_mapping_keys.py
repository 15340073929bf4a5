"""Keys and states of every kind."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import BigInteger, Engine, Enum, Integer, SmallInteger, String, Text, Uuid
from sqlalchemy.dialects import mysql

from consistency.binding import bind
from consistency.errors import MappingError
from consistency.model import CheckType
from tests.factories.application import Application
from tests.factories.checking import check, mapping_of, resources_of
from tests.factories.comparing import assert_report_is_right
from tests.factories.mapped import AS_OF, HOUR, assert_counts_are_right
from tests.factories.oracle import Spec
from tests.factories.rows import Task, World


@dataclass(frozen=True)
class Key:
    """A kind of key: its column's type, and how a number becomes one."""

    kind: Any
    make: Callable[[int], Any]


KEYS = {
    "integer": Key(Integer(), int),
    "bigint": Key(BigInteger(), lambda number: 2**53 + number),
    "string": Key(String(80), lambda number: f"任务 '{number}\" %s"),
    "char": Key(String(36), lambda number: str(UUID(int=number))),
    "hex": Key(String(32), lambda number: UUID(int=2**127 + number).hex),
    "uuid": Key(Uuid(), lambda number: UUID(int=2**127 + number)),
}


@pytest.mark.parametrize("name", KEYS)
def test_keys_of_every_kind_are_joined_and_found_again(engine: Engine, name: str) -> None:
    key = KEYS["hex" if (name, engine.dialect.name) == ("uuid", "sqlite") else name]
    application = Application(engine, key_type=key.kind).create()
    assert_counts_are_right(application, key=key.make)


def test_keys_that_differ_in_case_alone_are_different_tasks(engine: Engine) -> None:
    kind: Any = String(20)
    if engine.dialect.name == "mysql":
        kind = mysql.VARCHAR(20, collation="utf8mb4_bin")
    application = Application(engine, key_type=kind).create()
    done = AS_OF - 0.5 * HOUR
    world = World([Task("a", completed_at=done), Task("A", completed_at=done)], [])
    application.fill(world)
    resources = resources_of(engine, mapping_of(Spec()))
    for _ in range(2):
        assert_report_is_right(check(resources, CheckType.QUICK, AS_OF), world, Spec())


def test_keys_too_long_for_the_open_set_are_asked_for_anew(engine: Engine) -> None:
    application = Application(engine, key_type=String(250)).create()
    done = AS_OF - 0.9 * HOUR
    world = World([Task("x" * 240, completed_at=done), Task("y", completed_at=done)], [])
    application.fill(world)
    resources = resources_of(engine, mapping_of(Spec()))
    for _ in range(3):
        assert_report_is_right(check(resources, CheckType.QUICK, AS_OF), world, Spec())


STATES: dict[str, tuple[Any, tuple[Any, ...], Callable[[Any], Any]]] = {
    "text": (Text(), ("SUCCESS", "DONE"), str),
    "enum": (Enum("SUCCESS", "DONE", "FAILED", "RUNNING", name="task_state"), ("SUCCESS", "DONE"), str),
    "integer": (SmallInteger(), (0, 2), {"SUCCESS": 0, "FAILED": 1, "DONE": 2, "RUNNING": 3}.__getitem__),
}


@pytest.mark.parametrize("name", STATES)
def test_states_of_every_kind_are_told_apart(engine: Engine, name: str) -> None:
    kind, states, make = STATES[name]
    application = Application(engine, state_type=kind).create()
    assert_counts_are_right(application, Spec(states=states), state=make)


def test_an_unknown_enum_value_is_named_with_the_known_ones(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        return  # SQLite knows no enums.
    Application(engine, state_type=Enum("SUCCESS", "FAILED", name="task_state")).create()
    with pytest.raises(MappingError, match=r"state_in: 'DONE' is not one of the enum's values: SUCCESS, FAILED"):
        bind(engine, mapping_of(Spec(states=("SUCCESS", "DONE"))), 0)
