"""Moments of every kind: aware, naive in any zone, whole seconds, texts."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import DateTime, Engine, Text
from sqlalchemy.dialects import mysql

from consistency.binding import bind
from consistency.model import CheckType, Window
from consistency.resources import with_private_ledger
from tests.factories.application import MOMENTS, Application, iso_text
from tests.factories.chance import some_world
from tests.factories.checking import check, mapping_of, resources_of
from tests.factories.comparing import assert_report_is_right
from tests.factories.mapped import AS_OF, HOUR, assert_counts_are_right
from tests.factories.oracle import Spec
from tests.factories.rows import Task, World

ZONES = ("Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "UTC")
#: In the hour before these moments clocks are set forward or back, or nothing happens.
CHANGES = (
    datetime(2026, 3, 8, 7, 20, tzinfo=UTC),  # New York, forward
    datetime(2026, 11, 1, 6, 20, tzinfo=UTC),  # New York, back
    datetime(2026, 4, 4, 15, 20, tzinfo=UTC),  # Lord Howe, back by half an hour
    datetime(2026, 10, 3, 15, 40, tzinfo=UTC),  # Lord Howe, forward by half an hour
    AS_OF,
)


@pytest.mark.parametrize("zone", ZONES)
def test_naive_columns_of_any_zone_are_read_right_also_when_clocks_change(engine: Engine, zone: str) -> None:
    place = ZoneInfo(zone)
    local = iso_text()

    def encode(moment: datetime) -> Any:
        naive = moment.astimezone(place).replace(tzinfo=None)
        return local(naive.replace(tzinfo=UTC)) if engine.dialect.name == "sqlite" else naive

    application = Application(engine, encode=encode).create()
    for number, as_of in enumerate(CHANGES):
        spec, window = Spec(grace=timedelta(minutes=10)), Window(as_of - HOUR, as_of)
        world = some_world(Random(number), spec, window.start, window.end, as_of, most=60)
        application.fill(world)
        _as_it_is_read(world, place)
        mapping = mapping_of(spec, parent={"tz": zone}, child={"tz": zone})
        resources = with_private_ledger(resources_of(engine, mapping))
        for kind in (CheckType.RANGE, CheckType.QUICK, CheckType.QUICK):
            assert_report_is_right(check(resources, kind, as_of, window=window), world, spec)


def _as_it_is_read(world: World, zone: ZoneInfo) -> None:
    """What a clock shows twice is its first showing: nobody can tell from a naive value which of them was meant."""
    for row in [*world.tasks, *world.outputs]:
        for name in MOMENTS:
            if (moment := getattr(row, name, None)) is not None:
                naive = moment.astimezone(zone).replace(tzinfo=None, fold=0)
                setattr(row, name, naive.replace(tzinfo=zone).astimezone(UTC))


def test_aware_columns_need_no_zone(postgres: Engine) -> None:
    shanghai = ZoneInfo("Asia/Shanghai")
    application = Application(postgres, moment=DateTime(timezone=True), encode=lambda at: at.astimezone(shanghai))
    assert_counts_are_right(application.create(), parent={"tz": "America/New_York"}, child={"tz": "Asia/Tokyo"})


@pytest.mark.parametrize(
    ("kind", "whole"),
    [
        (mysql.DATETIME(), True),
        (mysql.TIMESTAMP(fsp=6), False),
        (mysql.TIMESTAMP(), True),
    ],
    ids=["DATETIME(0)", "TIMESTAMP(6)", "TIMESTAMP(0)"],
)
def test_mariadb_keeps_moments_in_other_ways_too(mariadb: Engine, kind: Any, whole: bool) -> None:  # noqa: FBT001 - a column of the table above
    application = Application(mariadb, moment=kind, encode=lambda at: at.replace(tzinfo=None)).create()
    zone = "Asia/Tokyo" if isinstance(kind, mysql.TIMESTAMP) else "UTC"
    assert_counts_are_right(application, whole_seconds=whole, parent={"tz": zone}, child={"tz": zone})


def eastern(moment: datetime) -> str:
    return (moment + 8 * HOUR).replace(tzinfo=None).isoformat("T") + "+08:00"


@pytest.mark.parametrize("declared", [Text(), DateTime()], ids=["TEXT", "DATETIME"])
@pytest.mark.parametrize(
    ("spell", "whole"),
    [
        (iso_text(" "), False),
        (iso_text(" ", timespec="microseconds"), False),
        (iso_text("T"), False),
        (iso_text("T", "Z"), False),
        (iso_text("T", "Z", "microseconds"), False),
        (iso_text("T", "Z", "seconds"), True),
        (iso_text(" ", "+00:00"), False),
        (eastern, False),
    ],
    ids=["blank", "fractions", "T", "TZ", "TZ fractions", "TZ seconds", "offset", "+08:00"],
)
def test_sqlite_spells_moments_in_many_ways(
    sqlite: Engine,
    declared: Any,
    spell: Callable[[datetime], str],
    whole: bool,  # noqa: FBT001 - a column of the table above
) -> None:
    application = Application(sqlite).create()
    with sqlite.begin() as connection:
        for table, names in (("tasks", MOMENTS), ("task_outputs", ("created_at", "deleted_at"))):
            for name in names:
                connection.exec_driver_sql(f"DROP INDEX IF EXISTS ix_{table}_{name}")
                connection.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN {name}")
                connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {name} {declared}")
                connection.exec_driver_sql(f"CREATE INDEX ix_{table}_{name} ON {table} ({name})")
    application.spell = spell
    assert_counts_are_right(application, whole_seconds=whole)


def test_the_index_of_a_sqlite_column_serves_however_moments_are_spelled(sqlite: Engine) -> None:
    application = Application(sqlite, encode=iso_text("T", "Z")).create()
    application.fill(World([Task(1, completed_at=AS_OF)], []))
    column = bind(sqlite, mapping_of(Spec(places=("completed_at",))), 0).done[0]
    start, end = column.bound(AS_OF - HOUR), column.bound(AS_OF)
    condition = " AND ".join(
        str(each.compile(sqlite, compile_kwargs={"literal_binds": True})) for each in column.between(start, end)
    )
    with sqlite.begin() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN SELECT id FROM tasks AS task WHERE {condition}").all()
    assert "INDEX ix_tasks_completed_at (completed_at>? AND completed_at<?)" in plan[0].detail
