"""What keeps a table from being repaired, found in its description."""

from typing import Any

import pytest
from sqlalchemy import Column, Float, Identity, Integer, String, UniqueConstraint, Uuid

from compensation.plans.target_problems import filled_columns, target_problems
from tests.factories.bound import bound_rule

FINAL = {"column": "kind", "op": "=", "value": "final"}


def column(name: str, kind: Any, *more: Any, **how: Any) -> Column[Any]:
    return Column(name, kind, *more, **how)


#: Columns of the outputs, the rest of the rule, and the beginning of each problem.
CASES: list[tuple[list[Column[Any]], dict[str, Any], list[str]]] = [
    ([], {}, []),
    ([], {"parent": {"provider_task_id": ""}}, ["rules.r.parent.provider_task_id: not mapped"]),
    ([], {"child": {"columns": {}}}, ["rules.r.child.columns: not mapped; say which column"]),
    # What the database fills, or lets be empty, nobody else has to.
    ([column("size", Integer, nullable=True)], {}, []),
    ([column("size", Integer, nullable=False, server_default="0")], {}, []),
    ([column("id", Integer, Identity(), primary_key=True)], {}, []),
    ([column("id", Uuid, primary_key=True)], {}, []),
    (
        [column("size", Integer, nullable=False)],
        {},
        ["rules.r.child.columns: pictures.size must have a value and gets"],
    ),
    ([column("size", Integer, nullable=False)], {"child": {"columns": {"url": "u", "size": "=1"}}}, []),
    ([column("id", String(36), primary_key=True)], {}, ["rules.r.child.columns: pictures.id must have a value"]),
    ([column("id", String(36), primary_key=True)], {"child": {"columns": {"url": "u", "id": "$uuid"}}}, []),
    # Of a key of several columns none is numbered unless it says so.
    (
        [column("id", Integer, primary_key=True), column("part", Integer, primary_key=True)],
        {"child": {"columns": {"url": "u", "part": "=1"}}},
        ["rules.r.child.columns: pictures.id must have a value"],
    ),
    (
        [column("id", Integer, primary_key=True, autoincrement=True), column("part", Integer, primary_key=True)],
        {"child": {"columns": {"url": "u", "part": "=1"}}},
        [],
    ),
    ([column("id", Integer)], {}, ["rules.r.child.table: pictures has no primary key of integers, text or UUIDs"]),
    (
        [column("id", Float, primary_key=True)],
        {"child": {"columns": {"url": "u", "id": "n"}}},
        ["rules.r.child.table: pictures has no primary key"],
    ),
    # Sources.
    ([], {"child": {"columns": {"url": "$task.remote"}}}, []),
    (
        [],
        {"child": {"columns": {"url": "$task.nobody"}}},
        ["rules.r.child.columns: url = '$task.nobody' names no column"],
    ),
    ([], {"child": {"columns": {"url": "$then"}}}, ["rules.r.child.columns: url = '$then' names no column of jobs"]),
    ([], {"child": {"columns": {"url": "=$then"}}}, []),
    # Filters.
    ([column("kind", String(9))], {"child": {"where": [FINAL]}}, []),
    ([column("kind", String(9))], {"child": {"where": [{**FINAL, "op": "in", "value": ["final"]}]}}, []),
    ([column("kind", String(9))], {"child": {"where": [{"column": "kind", "op": "is null"}]}}, []),
    (
        [column("kind", String(9))],
        {"child": {"where": [{**FINAL, "op": "!="}]}},
        ["rules.r.child.columns: a new row would not pass the filter on kind; map that column"],
    ),
    (
        [column("kind", String(9))],
        {"child": {"where": [{**FINAL, "op": "!="}], "columns": {"url": "u", "kind": "=other"}}},
        [],
    ),
    # Tasks.
    (
        [],
        {"parent": {"id": "number"}, "job": (column("number", Integer),)},
        ["rules.r.parent.id: jobs.number does not"],
    ),
    ([], {"parent": {"id": "number"}, "job": (column("number", Integer), UniqueConstraint("number"))}, []),
]


@pytest.mark.parametrize(("columns", "rest", "problems"), CASES)
def test_what_is_wrong_is_told_with_the_fix(
    columns: list[Column[Any]], rest: dict[str, Any], problems: list[str]
) -> None:
    found = target_problems(bound_rule(*columns, **rest))
    assert len(found) == len(problems), found
    assert all(said.startswith(expected) for said, expected in zip(found, problems, strict=True)), found


def test_what_a_repair_fills_is_each_named_once() -> None:
    child = {"where": [FINAL], "columns": {"url": "u", "kind": "k"}}
    rule = bound_rule(Column("kind", String(9)), Column("id", Uuid, primary_key=True), child=child)
    assert filled_columns(rule) == ["job_id", "output_key", "url", "kind", "id"]
