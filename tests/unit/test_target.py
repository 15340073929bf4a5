"""How outputs become rows."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Enum,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    String,
    Text,
    Uuid,
)
from sqlalchemy.dialects import mysql

from compensation.fitting import Unfit
from compensation.provider import Output, Scalar
from compensation.target import copied_columns, fixed_values, row_of
from tests.factories.bound import bound_rule

NOW = datetime(2026, 3, 4, 23, 30, 0, 5, tzinfo=UTC)
LOCAL = datetime(2026, 3, 5, 0, 30, 0, 5)  # noqa: DTZ001 - in Berlin
TASK = {"id": 7, "state": "SUCCESS", "owner": "ann", "nobody": None}
FIELDS: dict[str, Scalar] = {
    "fileUrl": "https://e/1.png",
    "n": "83",
    "yes": True,
    "none": None,
    "at": "2026-03-04T23:30Z",
}


def written(column: Column[Any], source: str, tz: str = "UTC") -> Any:
    child = {"columns": {"url": "fileUrl", "extra": source}, "tz": tz}
    rule = bound_rule(column, child=child)
    return row_of(rule, TASK, Output("9#0", FIELDS), NOW)["extra"]


def extra(kind: Any, *, null: bool = True) -> Column[Any]:
    return Column("extra", kind, nullable=null)


def test_a_row_has_the_task_the_key_and_what_is_mapped() -> None:
    assert row_of(bound_rule(), TASK, Output("9#0", FIELDS), NOW) == {
        "url": "https://e/1.png",
        "job_id": 7,
        "output_key": "9#0",
    }


#: A column, where its value comes from, and the value.
FITS: list[tuple[Any, str, Any]] = [
    (String(9), "=a=b", "a=b"),
    (String(9), "=", ""),
    (Integer(), "=5", 5),
    (Integer(), "n", 83),
    (Integer(), "yes", 1),
    (Integer(), "=83.0", 83),
    (String(20), "n", "83"),
    (String(20), "yes", "true"),
    (Text(), "fileUrl", "https://e/1.png"),
    (Boolean(), "yes", True),
    (Boolean(), "=false", False),
    (Boolean(), "=1", True),
    (mysql.TINYINT(1), "=true", True),
    (mysql.TINYINT(4), "=5", 5),
    (Float(), "n", 83.0),
    (Numeric(9, 2), "=1.25", Decimal("1.25")),
    (Enum("ann", "bob", name="who"), "=bob", "bob"),
    (JSON(), "n", "83"),
    (LargeBinary(), "=ä", "ä".encode()),
    (Uuid(), "=00000000-0000-0000-0000-000000000007", UUID(int=7)),
    (String(9), "none", None),
    (Integer(), "none", None),
    (String(9), "no such field", None),
    (String(9), "$task.owner", "ann"),
    (Integer(), "$task.id", 7),
    (String(9), "$task.nobody", None),
    (DateTime(), "$now", NOW.replace(tzinfo=None)),
    (DateTime(timezone=True), "$now", NOW),
    (Date(), "$now", date(2026, 3, 4)),
    (String(40), "$now", "2026-03-04 23:30:00.000005"),
    (DateTime(), "at", datetime(2026, 3, 4, 23, 30)),  # noqa: DTZ001 - as the column holds it
    (DateTime(timezone=True), "at", datetime(2026, 3, 4, 23, 30, tzinfo=UTC)),
    (Date(), "at", date(2026, 3, 4)),
]


@pytest.mark.parametrize(("kind", "source", "value"), FITS)
def test_every_source_fills_columns_of_every_kind(kind: Any, source: str, value: Any) -> None:
    job = tuple(Column(name, String(9)) for name in ("owner", "nobody"))
    rule = bound_rule(extra(kind), child={"columns": {"extra": source}}, job=job)
    found = row_of(rule, TASK, Output("9#0", FIELDS), NOW)["extra"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("kind", "source", "value"),
    [
        (DateTime(), "$now", LOCAL),
        (Date(), "$now", LOCAL.date()),
        (String(40), "$now", "2026-03-05 00:30:00.000005"),
        (DateTime(timezone=True), "$now", NOW),
        (mysql.TIMESTAMP(), "$now", NOW.replace(tzinfo=None)),
        (DateTime(), "at", datetime(2026, 3, 5, 0, 30)),  # noqa: DTZ001 - the same
    ],
)
def test_columns_without_a_zone_are_in_the_zone_of_the_mapping(kind: Any, source: str, value: Any) -> None:
    assert written(extra(kind), source, "Europe/Berlin") == value


@pytest.mark.parametrize(("kind", "length"), [(String(36), 36), (String(32), 32), (Text(), 36)])
def test_a_new_uuid_is_text_where_the_column_is(kind: Any, length: int) -> None:
    one, other = written(extra(kind), "$uuid"), written(extra(kind), "$uuid")
    assert one != other
    assert (len(one), UUID(one).version) == (length, 4)
    assert isinstance(written(extra(Uuid()), "$uuid"), UUID)


#: A column, where its value should come from, and what is said.
UNFIT: list[tuple[Column[Any], str, str]] = [
    (extra(Integer()), "fileUrl", "column extra: 'https://e/1.png' is no INTEGER"),
    (extra(Integer()), "=1.5", "column extra: '1.5' is no INTEGER"),
    (extra(Integer()), "=", "column extra: '' is no INTEGER"),
    (extra(Integer()), "=NaN", "is no INTEGER"),
    (extra(Numeric(9, 2)), "=Infinity", "is no NUMERIC"),
    (extra(Numeric(9, 2)), "fileUrl", "is no NUMERIC"),
    (extra(Boolean()), "=maybe", "column extra: 'maybe' is no BOOLEAN"),
    (extra(Enum("a", name="e")), "=b", "column extra: 'b' is no VARCHAR"),
    (extra(Uuid()), "=b", "column extra: 'b' is no CHAR"),
    (extra(DateTime()), "n", "column extra: '83' is no DATETIME"),
    (extra(Date()), "=soon", "column extra: 'soon' is no DATE"),
    (extra(String(5)), "fileUrl", r"column extra: 15 characters do not fit into VARCHAR\(5\)"),
    (extra(String(5), null=False), "none", "column extra: the provider sent no none"),
    (extra(String(5), null=False), "$task.nobody", r"column extra: the task has no \$task.nobody"),
]


@pytest.mark.parametrize(("column", "source", "said"), UNFIT)
def test_what_does_not_fit_names_the_column(column: Column[Any], source: str, said: str) -> None:
    copy = Column(column.name, column.type, nullable=column.nullable)
    with pytest.raises(Unfit, match=said):
        written(copy, source)


def test_an_output_key_that_is_too_long_is_not_cut() -> None:
    with pytest.raises(Unfit, match="column output_key: 61 characters do not fit"):
        row_of(bound_rule(), TASK, Output("x" * 61, FIELDS), NOW)


def test_a_uuid_that_nobody_else_makes_is_made() -> None:
    row = row_of(bound_rule(Column("id", Uuid, primary_key=True)), TASK, Output("9#0", FIELDS), NOW)
    assert isinstance(row["id"], UUID)
    default = Column("id", Uuid, primary_key=True, server_default="made")
    assert "id" not in row_of(bound_rule(default), TASK, Output("9#0", FIELDS), NOW)


FILTERS: list[tuple[list[dict[str, Any]], dict[str, Any]]] = [
    ([], {}),
    ([{"column": "kind", "op": "=", "value": "final"}], {"kind": "final"}),
    ([{"column": "kind", "op": "in", "value": ["final"]}], {"kind": "final"}),
    ([{"column": "kind", "op": "in", "value": ["final", "draft"]}], {}),
    ([{"column": "kind", "op": "!=", "value": "draft"}], {}),
    ([{"column": "kind", "op": "is null"}], {}),
]


@pytest.mark.parametrize(("where", "fixed"), FILTERS)
def test_a_filter_that_leaves_no_choice_is_written(where: list[dict[str, Any]], fixed: dict[str, Any]) -> None:
    rule = bound_rule(Column("kind", String(9)), child={"where": where})
    assert fixed_values(rule) == fixed
    assert fixed.items() <= row_of(rule, TASK, Output("9#0", FIELDS), NOW).items()


def test_the_columns_that_a_row_copies_are_named_once() -> None:
    columns = {"a": "$task.owner", "b": "$task.owner", "url": "fileUrl", "c": "$task.id"}
    rule = bound_rule(*(Column(name, String(9)) for name in "abc"), child={"columns": columns})
    assert copied_columns(rule) == ["owner", "id"]
