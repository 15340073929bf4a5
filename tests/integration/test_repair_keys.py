"""Keys of every kind: whatever the application's tasks and outputs are known by, its rows come back, and go again."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import (
    BigInteger,
    Column,
    Engine,
    Integer,
    String,
    Uuid,
    text,
)

from compensation.plans.opening import RepairOrder, open_repair
from compensation.provider import Answer, Kind, Output
from compensation.states import RunState
from tests.factories.shop import assert_it_comes_and_goes, shop_of

KEYS: dict[str, tuple[Any, Any]] = {
    "bigint": (BigInteger(), lambda number: 2**53 + number),
    "text": (String(40), lambda number: f"Auftrag '{number}\" %s"),
    "hex": (String(32), lambda number: UUID(int=2**127 + number).hex),
    "uuid": (Uuid(), lambda number: UUID(int=2**127 + number)),
}


@pytest.mark.parametrize("name", KEYS)
def test_tasks_with_keys_of_every_kind(engine: Engine, name: str) -> None:
    kind, key = KEYS["hex" if (name, engine.dialect.name) == ("uuid", "sqlite") else name]
    shop = shop_of(engine, key_type=kind, key=key)
    there = assert_it_comes_and_goes(shop)
    assert {row.job_id for row in there} == {key(each) for each in (1, 2, 3)}
    chosen = shop.repaired(task_ids=[str(key(2))])
    assert [row.job_id for row in shop.pictures_there()] == [key(2)]
    assert chosen.state is RunState.SUCCEEDED
    again, new = open_repair(shop.resources, RepairOrder("task-outputs", task_ids=[f" {key(2)} "]))
    assert new
    assert again.scope["task_ids"] == [str(key(2))]


OUTPUT_KEYS: dict[str, tuple[list[Column[Any]], dict[str, str]]] = {
    "uuid": ([Column("id", Uuid(), primary_key=True)], {}),
    "hex of a uuid": ([Column("id", String(32), primary_key=True)], {"id": "$uuid"}),
    "text of a uuid": ([Column("id", String(36), primary_key=True)], {"id": "$uuid"}),
    "the task and the key": (
        [
            Column("job_id", Integer, primary_key=True, autoincrement=False),
            Column("output_key", String(60), primary_key=True),
        ],
        {},
    ),
    "a number beside the task": (
        [
            Column("job_id", Integer, primary_key=True, autoincrement=False),
            Column("id", Integer, primary_key=True, autoincrement=False),
        ],
        {"id": "taskCostTime"},
    ),
    "a field of the provider": ([Column("url", String(100), primary_key=True)], {}),
}


@pytest.mark.parametrize("name", OUTPUT_KEYS)
def test_outputs_with_keys_of_every_kind(engine: Engine, name: str) -> None:
    columns, mapped = OUTPUT_KEYS["hex of a uuid" if (name, engine.dialect.name) == ("uuid", "sqlite") else name]
    copies = [Column(each.name, each.type, primary_key=True, autoincrement=False) for each in columns]
    shop = shop_of(engine, picture=copies, child={"columns": {"url": "fileUrl", **mapped}})
    shop.shelf.answers = {f"p-{each}": Answer(Kind.FOUND, (_output(each),)) for each in (1, 2, 3)}
    there = assert_it_comes_and_goes(shop)
    assert {(row.job_id, row.url) for row in there} == {(each, f"https://files.example/{each}") for each in (1, 2, 3)}


def _output(number: int) -> Output:
    return Output("9#0", {"fileUrl": f"https://files.example/{number}", "taskCostTime": f"{90 - number}"})


@pytest.mark.parametrize("default", ["gen_random_uuid()", "nextval('numbers')"])
def test_outputs_whose_keys_the_database_makes(postgres: Engine, default: str) -> None:
    with postgres.begin() as connection:
        connection.exec_driver_sql("CREATE SEQUENCE numbers")
    kind: Any = Uuid() if "uuid" in default else Integer()
    shop = shop_of(postgres, picture=[Column("id", kind, primary_key=True, server_default=text(default))])
    shop.shelf.answers = {f"p-{each}": Answer(Kind.FOUND, (_output(each),)) for each in (1, 2, 3)}
    there = assert_it_comes_and_goes(shop)
    assert {(row.job_id, row.url) for row in there} == {(each, f"https://files.example/{each}") for each in (1, 2, 3)}


def test_a_composite_key_with_a_number_of_the_databases_own(mariadb: Engine) -> None:
    shop = shop_of(mariadb)
    with mariadb.begin() as connection:
        connection.exec_driver_sql(
            "ALTER TABLE pictures DROP PRIMARY KEY, MODIFY job_id int NOT NULL,"
            " MODIFY id int AUTO_INCREMENT, ADD PRIMARY KEY (id, job_id)"
        )
    there = assert_it_comes_and_goes(shop)
    assert {(row.job_id, row.url) for row in there} == {
        (each, f"https://files.example/p-{each}/0.png") for each in (1, 2, 3)
    }
