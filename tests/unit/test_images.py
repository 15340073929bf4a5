"""Rows written down: equal rows have equal images, and keys are found again."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Column, DateTime, Float, Integer, MetaData, Numeric, String, Table, Uuid

from compensation.images import at_key, canonical, has_findable_key, hash_of, image_of, primary_key_text

SOME = UUID(int=7)
NAIVE = datetime(2026, 3, 4, 5, 6, 7)  # noqa: DTZ001 - columns without a zone hold such

#: A row, and another; whether they are the same.
CASES: list[tuple[Mapping[str, Any], Mapping[str, Any], bool]] = [
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
    ({"a": 1}, {"a": 1, "b": None}, False),
    ({"a": 1}, {"a": "1"}, False),
    ({"a": True}, {"a": 1}, False),
    ({"a": None}, {"a": ""}, False),
    ({"a": NAIVE}, {"a": NAIVE}, True),
    ({"a": NAIVE}, {"a": NAIVE.replace(microsecond=1)}, False),
    ({"a": NAIVE}, {"a": NAIVE.replace(tzinfo=UTC)}, False),
    # One moment is the same whatever zone the session speaks in.
    (
        {"a": datetime(2026, 3, 4, 5, tzinfo=UTC)},
        {"a": datetime(2026, 3, 4, 7, tzinfo=timezone(timedelta(hours=2)))},
        True,
    ),
    ({"a": date(2026, 3, 4)}, {"a": date(2026, 3, 5)}, False),
    ({"a": time(5, 6)}, {"a": time(5, 6)}, True),
    ({"a": timedelta(seconds=1)}, {"a": timedelta(seconds=2)}, False),
    ({"a": Decimal("1.50")}, {"a": Decimal("1.50")}, True),
    ({"a": Decimal("1.50")}, {"a": Decimal("1.51")}, False),
    ({"a": b"\x00\xff"}, {"a": memoryview(b"\x00\xff")}, True),
    ({"a": b"\x00"}, {"a": b"\x01"}, False),
    ({"a": SOME}, {"a": UUID(int=7)}, True),
    ({"a": SOME}, {"a": UUID(int=8)}, False),
    ({"a": {"x": 1, "y": [1, 2]}}, {"a": {"y": [1, 2], "x": 1}}, True),
    ({"a": [1, 2]}, {"a": [2, 1]}, False),
    ({"a": {"b", "a"}}, {"a": {"a", "b"}}, True),
    ({"a": 0.1}, {"a": 0.1}, True),
    ({"完成": "任务"}, {"完成": "任务"}, True),
]


@pytest.mark.parametrize(("one", "other", "same"), CASES)
def test_rows_that_are_equal_and_no_others_have_equal_images(
    one: Mapping[str, Any],
    other: Mapping[str, Any],
    same: bool,  # noqa: FBT001 - a column of the table above
) -> None:
    assert (image_of(one) == image_of(other)) is same
    assert (hash_of(image_of(one)) == hash_of(image_of(other))) is same


def test_an_image_is_plain_json_and_its_hash_64_digits() -> None:
    assert image_of({"b": NAIVE, "a": "ä"}) == '{"a":"ä","b":"2026-03-04T05:06:07"}'
    assert len(hash_of("")) == 64


def table(*columns: Column[Any]) -> Table:
    return Table("t", MetaData(), *columns)


FINDABLE: list[tuple[Table, bool]] = [
    (table(Column("id", Integer, primary_key=True)), True),
    (table(Column("id", String(9), primary_key=True)), True),
    (table(Column("id", Uuid, primary_key=True)), True),
    (table(Column("a", Integer, primary_key=True), Column("b", String(9), primary_key=True)), True),
    (table(Column("id", Integer)), False),
    (table(Column("id", Float, primary_key=True)), False),
    (table(Column("id", Numeric, primary_key=True)), False),
    (table(Column("a", Integer, primary_key=True), Column("at", DateTime, primary_key=True)), False),
]


@pytest.mark.parametrize(("given", "findable"), FINDABLE)
def test_a_key_that_survives_json_can_be_found(given: Table, findable: bool) -> None:  # noqa: FBT001 - a table
    assert has_findable_key(given) is findable


def test_a_row_is_found_again_by_its_key_in_the_type_of_each_column() -> None:
    given = table(Column("a", Integer, primary_key=True), Column("b", Uuid, primary_key=True))
    condition = at_key(given, primary_key_text([5, SOME])).compile()
    assert str(condition) == "t.a = :a_1 AND t.b = :b_1"
    assert condition.params == {"a_1": 5, "b_1": SOME}


def test_what_is_planned_does_not_depend_on_the_order_of_finish_times() -> None:
    assert canonical(["S", {"b": NAIVE, "a": None}, 7]) == canonical(["S", {"a": None, "b": NAIVE}, 7])
