"""Everything that a mapping may name, on real tables: kinds of keys, states, moments and names."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import BigInteger, DateTime, Engine, Enum, Integer, SmallInteger, String, Text, Uuid, inspect
from sqlalchemy.dialects import mysql

from consistency.database import connect
from consistency.errors import MappingError
from consistency.host import bind
from consistency.model import CheckType, Window
from consistency.resources import with_private_ledger
from tests.factories.application import MOMENTS, Application, iso_text, moment_type
from tests.factories.chance import some_world
from tests.factories.checking import check, mapping_of, open_run, resources_of
from tests.factories.comparing import assert_report_is_right
from tests.factories.oracle import Spec
from tests.factories.rows import Output, Task, World

AS_OF = datetime(2026, 9, 16, 3, 7, 9, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    connected = connect(database_url)
    yield connected
    connected.dispose()


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Engine]:
    connected = connect(postgres_url)
    yield connected
    connected.dispose()


@pytest.fixture
def mariadb(mariadb_url: str) -> Iterator[Engine]:
    connected = connect(mariadb_url)
    yield connected
    connected.dispose()


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Engine]:
    connected = connect(sqlite_url)
    yield connected
    connected.dispose()


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


def test_one_table_can_be_parent_and_child(engine: Engine) -> None:
    """Events of jobs: each `deferred` needs an `ended` of the same job; a job may be deferred again."""
    application = Application(engine).create()
    old, young = AS_OF - 0.9 * HOUR, AS_OF - 0.01 * HOUR
    rows: list[tuple[int | None, str, datetime]] = [
        (1, "deferred", old),
        (1, "ended", old + HOUR / 60),
        (2, "deferred", old),
        (3, "deferred", old),
        (3, "deferred", young),  # the same job once more: its first turn is missing, its second pending
        (4, "deferred", old),
        (4, "deferred", old + HOUR / 30),  # both turns are missing
        (None, "ended", old),
    ]
    outputs = [Output(no, job, at, None, None, kind) for no, (job, kind, at) in enumerate(rows)]
    application.fill(World([], outputs))
    parent = {"table": "task_outputs", "id": "task_id", "state": "kind", "state_in": ["deferred"]}
    parent |= {"done_at": ["created_at"], "deleted_at": ""}
    child = {"where": [{"column": "kind", "op": "=", "value": "ended"}], "output_key": ""}
    resources = resources_of(engine, mapping_of(Spec(), parent=parent, child=child))
    for kind in (CheckType.RANGE, CheckType.QUICK, CheckType.QUICK):
        counts = check(resources, kind, AS_OF, window=Window(AS_OF - HOUR, AS_OF))["counts"]
        found = {name: counts[name] for name in ("tasks", "tasks_with_outputs", "missing", "pending", "null_fk")}
        assert found == {"tasks": 5, "tasks_with_outputs": 1, "missing": 4, "pending": 1, "null_fk": 1}


def test_several_rules_are_checked_side_by_side_and_forget_nothing_of_each_other(engine: Engine) -> None:
    application = Application(engine).create()
    specs = [
        Spec(),
        Spec(min_rows=2, grace=timedelta(minutes=1)),
        Spec(states=("DONE",), child_where=(("size", ">", 2),)),
    ]
    window = Window(AS_OF - HOUR, AS_OF)
    world = some_world(Random(3), specs[0], window.start, window.end, AS_OF, most=60)
    application.fill(world)
    rules = [mapping_of(spec, f"rule-{number}") for number, spec in enumerate(specs)]
    resources = resources_of(engine, *rules)
    runs = [open_run(resources, CheckType.QUICK, AS_OF, rule=number)[0] for number in range(3)]
    assert len({run.id for run in runs}) == 3
    for _ in range(2):
        for number, spec in enumerate(specs):
            report = check(resources, CheckType.FULL, AS_OF, rule=number, window=window)
            assert report["rule"] == f"rule-{number}"
            assert_report_is_right(report, world, spec)


def test_views_are_tables_too(engine: Engine) -> None:
    application = Application(engine).create()
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE VIEW all_tasks AS SELECT * FROM tasks")
        connection.exec_driver_sql("CREATE VIEW all_outputs AS SELECT * FROM task_outputs")
    assert_counts_are_right(application, parent={"table": "all_tasks"}, child={"table": "all_outputs"})


def test_tables_of_another_schema_are_found(postgres: Engine) -> None:
    with postgres.begin() as connection:
        connection.exec_driver_sql('CREATE SCHEMA "Shop 1"')
    application = Application(postgres, schema="Shop 1", key_type=Uuid()).create()
    parent, child = {"table": "Shop 1.tasks"}, {"table": "Shop 1.task_outputs"}
    assert_counts_are_right(application, key=lambda number: UUID(int=number), parent=parent, child=child)


NAMES = {
    "id": "select",
    "state": 'sta"te',
    "completed_at": "完成 时间",
    "updated_at": "Up'dated %s at",
    "created_at": "created%at (utc): now",
    "deleted_at": "group",
    "task_id": "task.id; drop table x;--",
    "output_key": "[key]",
    "kind": "order by",
    "size": "key",
}


def test_names_of_tables_and_columns_may_be_anything_that_the_database_has(engine: Engine) -> None:
    application = Application(engine, tables=('or"der', "任务 outputs`"), renamed=NAMES).create()
    spec = Spec(parent_where=(("size", "<=", 3),), child_where=(("size", ">=", 1),))

    def named(*plain: str) -> dict[str, Any]:
        return {name: NAMES[name] for name in plain}

    parent = {"table": 'or"der', "done_at": [NAMES[name] for name in spec.places], **named("id", "state", "deleted_at")}
    parent["where"] = [{"column": NAMES["size"], "op": "<=", "value": 3}]
    child = {"table": "任务 outputs`", "fk": NAMES["task_id"], **named("created_at", "output_key", "deleted_at")}
    child["where"] = [{"column": NAMES["size"], "op": ">=", "value": 1}]
    assert_counts_are_right(application, spec, parent=parent, child=child)


HOSTILE = (
    'tasks"; drop table tasks;--',
    "tasks`; drop table tasks;--",
    "tasks' or '1'='1",
    "public.tasks;",
    "..",
    "任务",
    "%s",
)


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize(
    ("side", "key"),
    [
        ("parent", "table"),
        ("parent", "id"),
        ("parent", "state"),
        ("parent", "done_at"),
        ("parent", "deleted_at"),
        ("child", "table"),
        ("child", "fk"),
        ("child", "created_at"),
        ("child", "output_key"),
        ("child", "where"),
    ],
)
def test_a_hostile_name_is_a_mapping_error_of_one_line_and_changes_nothing(
    sqlite: Engine, side: str, key: str, hostile: str
) -> None:
    application = Application(sqlite).create()
    application.fill(World([Task(1, completed_at=AS_OF)], []))
    value: Any = {"done_at": [hostile], "where": [{"column": hostile, "op": "is null"}]}.get(key, hostile)
    changes: dict[str, Any] = {side: {key: value}}
    with pytest.raises(MappingError) as caught:
        bind(sqlite, mapping_of(Spec(), **changes), 0)
    assert str(caught.value).startswith(f"rules.task-outputs.{side}.{key}: ")
    assert "\n" not in str(caught.value)
    assert inspect(sqlite).get_table_names() == ["task_outputs", "tasks"]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_table_name_reaches_no_server(engine: Engine, hostile: str) -> None:
    Application(engine).create()
    with pytest.raises(MappingError):
        bind(engine, mapping_of(Spec(), parent={"table": hostile}), 0)
    assert set(inspect(engine).get_table_names()) == {"task_outputs", "tasks"}


@pytest.mark.parametrize(
    ("column", "op", "value", "said"),
    [
        ("size", "=", "five", "tasks.size holds whole numbers, which 'five' is not"),
        ("size", "in", ["1", 2], "tasks.size holds whole numbers, which '1' is not"),
        ("kind", "=", 5, "tasks.kind holds text, which 5 is not"),
        ("stat", "=", "x", "table 'tasks' has no column 'stat'; did you mean state"),
    ],
)
def test_a_filter_that_cannot_be_compared_is_refused_at_once(
    engine: Engine, column: str, op: str, value: Any, said: str
) -> None:
    Application(engine).create()
    condition = {"column": column, "op": op, "value": value}
    with pytest.raises(MappingError, match=said):
        bind(engine, mapping_of(Spec(), parent={"where": [condition]}), 0)


def test_a_filter_on_a_moment_is_refused_where_the_column_has_such_a_type(postgres: Engine) -> None:
    Application(postgres, moment=moment_type(postgres)).create()
    condition = {"column": "updated_at", "op": ">", "value": "2026-01-01"}
    with pytest.raises(MappingError, match="updated_at holds moments"):
        bind(postgres, mapping_of(Spec(), parent={"where": [condition]}), 0)


def test_a_filter_on_uuids_takes_their_text(engine: Engine) -> None:
    application = Application(engine, key_type=Uuid()).create()
    wanted, other = UUID(int=5), UUID(int=6)
    done = AS_OF - 0.5 * HOUR
    application.fill(World([Task(wanted, completed_at=done), Task(other, completed_at=done)], []))
    condition = {"column": "id", "op": "=", "value": str(wanted)}
    if inspect(engine).get_columns("tasks")[0]["type"].__class__.__name__ == "CHAR":
        condition["value"] = wanted.hex  # SQLite and old MariaDB keep UUIDs as texts of 32 digits.
    report = check(resources_of(engine, mapping_of(Spec(), parent={"where": [condition]})), CheckType.QUICK, AS_OF)
    assert report["counts"]["missing"] == 1
