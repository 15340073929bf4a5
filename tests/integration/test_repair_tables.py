"""Tables of every kind: whatever the application's keys and columns are, its rows come back, and go again."""

from datetime import UTC, datetime, timedelta
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
    Engine,
    Enum,
    Float,
    Integer,
    Numeric,
    SmallInteger,
    String,
    Text,
    Uuid,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import mysql

from compensation.plans.opening import RepairOrder, open_repair
from compensation.plans.planning import make_plan
from compensation.provider import Answer, Kind, Output, Scalar
from compensation.states import RunState
from consistency.errors import MappingError
from tests.factories.application import moment_type
from tests.factories.shop import FINISHED, Shop, assert_it_comes_and_goes, shop_of


@pytest.mark.parametrize("kind", ["enum", "integer"])
def test_tasks_with_states_of_every_kind(engine: Engine, kind: str) -> None:
    given = {"enum": (Enum("READY", "BROKEN", name="job_state"), "READY"), "integer": (SmallInteger(), 7)}[kind]
    other = {"enum": "BROKEN", "integer": 8}[kind]
    shop = shop_of(engine, job={"stage": given}, parent={"state": "stage", "state_in": [given[1]]})
    with engine.begin() as connection:
        connection.execute(update(shop.jobs).where(shop.jobs.c.id == 2).values(stage=other))
    assert_it_comes_and_goes(shop, 2)
    plan, _ = open_repair(shop.resources, RepairOrder("task-outputs", task_ids=["2"]))
    make_plan(shop.bench(), plan.id, "ann")
    assert [item.outcome_detail for item in shop.items(plan.id)] == [f"the task is in state '{other}'"]


def _moment(engine: Engine) -> Any:
    return mysql.DATETIME(fsp=6) if engine.dialect.name in {"mysql", "mariadb"} else DateTime()


FIELDS: dict[str, Scalar] = {
    "fileUrl": "https://files.example/1.png",
    "taskCostTime": "83",
    "consumeMoney": "0.125",
    "nsfw": False,
    "rating": "4.5",
    "fileType": "png",
    "made": "2026-03-04T05:06:07+02:00",
    "note": None,
}


def test_columns_of_every_kind_take_what_fits_them(engine: Engine) -> None:
    columns: list[Column[Any]] = [
        Column("seconds", Integer),
        Column("price", Numeric(12, 4)),
        Column("nsfw", Boolean, nullable=False),
        Column("visible", Boolean, nullable=False),
        Column("rating", Float),
        Column("type", Enum("png", "jpg", name="picture_type")),
        Column("made", _moment(engine)),
        Column("day", Date),
        Column("seen", _moment(engine)),
        Column("note", Text),
        Column("owner", Integer),
        Column("token", String(36)),
        Column("label", String(20), nullable=False),
        Column("meta", JSON),
    ]
    mapped = {"url": "fileUrl", "seconds": "taskCostTime", "price": "consumeMoney", "nsfw": "nsfw", "visible": "=true"}
    mapped |= {"rating": "rating", "type": "fileType", "made": "made", "day": "made", "seen": "$now", "note": "note"}
    mapped |= {"owner": "$task.owner", "token": "$uuid", "label": "=repaired", "meta": "fileType"}
    shop = shop_of(engine, number=1, job={"owner": (Integer(), 42)}, picture=columns, child={"columns": mapped})
    shop.shelf.answers = {"p-1": Answer(Kind.FOUND, (Output("9#0", FIELDS),))}
    (row,) = assert_it_comes_and_goes(shop, 1)
    assert (row.seconds, row.price, row.nsfw, row.visible, row.rating) == (83, Decimal("0.125"), False, True, 4.5)
    assert (row.type, row.note, row.owner, row.label, row.meta) == ("png", None, 42, "repaired", "png")
    assert (row.made, row.day) == (datetime(2026, 3, 4, 3, 6, 7), FIELDS_DAY)  # noqa: DTZ001 - the column has no zone
    assert abs(row.seen - datetime.now(UTC).replace(tzinfo=None)) < timedelta(minutes=10)
    assert str(UUID(row.token)) == row.token


FIELDS_DAY = datetime(2026, 3, 4, tzinfo=UTC).date()

UNFIT: dict[str, tuple[Column[Any], str, str]] = {
    "not a number": (Column("extra", Integer), "fileType", "column extra: 'png' is no INTEGER"),
    "too long": (Column("extra", String(5)), "fileUrl", "column extra: 27 characters do not fit into VARCHAR(5)"),
    "nothing for NOT NULL": (Column("extra", String(5), nullable=False), "note", "the provider sent no note"),
    "no date": (Column("extra", Date), "fileType", "column extra: 'png' is no DATE"),
    "no such value": (Column("extra", Enum("jpg", name="extra_type")), "fileType", "column extra: 'png' is no "),
}


def test_what_does_not_fit_its_column_ends_as_quarantined_with_the_column(postgres: Engine) -> None:
    for place, (column, source, said) in enumerate(UNFIT.values()):
        copy = Column(column.name, column.type, nullable=column.nullable)
        child = {"columns": {"url": "fileUrl", "extra": source}}
        with postgres.begin() as connection:
            connection.exec_driver_sql("DROP TABLE IF EXISTS jobs, pictures; DROP TYPE IF EXISTS extra_type")
        shop = shop_of(postgres, number=2, picture=[copy], child=child)
        shop.shelf.answers = {f"p-{each}": Answer(Kind.FOUND, (Output("9#0", FIELDS),)) for each in (1, 2)}
        run = shop.repaired(start=f"now-{place + 2}d")
        assert run.state is RunState.SUCCEEDED_WITH_LEFTOVERS
        assert [(item.state, item.outcome_code) for item in shop.items(run.id)] == [("quarantined", "unfit")] * 2
        assert all(said in item.outcome_detail for item in shop.items(run.id)), shop.items(run.id)


def test_softly_deleted_outputs_are_written_again_and_left_alone(engine: Engine) -> None:
    gone = Column("gone_at", moment_type(engine))
    shop = shop_of(engine, picture=[gone], child={"deleted_at": "gone_at"})
    with engine.begin() as connection:
        row = {"job_id": 1, "output_key": "9#0", "gone_at": FINISHED}
        connection.execute(insert(shop.pictures), row)
    first = shop.repaired()
    assert (first.state, len(shop.items(first.id))) == (RunState.SUCCEEDED, 3)
    with engine.begin() as connection:
        ours = shop.pictures.c.job_id == 2
        connection.execute(update(shop.pictures).where(ours).values(gone_at=FINISHED))
    second = shop.repaired()
    assert second.state is RunState.SUCCEEDED, [item.outcome_detail for item in shop.items(second.id)]
    assert sorted(row.job_id for row in shop.pictures_there() if row.gone_at is None) == [1, 2, 3]
    assert shop.rolled_back(second).state is RunState.ROLLED_BACK
    shop.rolled_back(first)
    assert sorted((row.job_id, row.gone_at is None) for row in shop.pictures_there()) == [(1, False), (2, False)]


def test_tables_in_another_schema(postgres: Engine) -> None:
    with postgres.begin() as connection:
        connection.exec_driver_sql('CREATE SCHEMA "Shop 1"')
    assert_it_comes_and_goes(shop_of(postgres, schema="Shop 1", key_type=Uuid(), key=lambda each: UUID(int=each)))


def test_moments_without_a_zone_are_written_in_the_zone_of_the_mapping(engine: Engine) -> None:
    zone = "Asia/Kathmandu"
    written = Column("written_at", moment_type(engine))
    child = {"created_at": "written_at", "tz": zone, "columns": {"url": "fileUrl", "seen": "$now"}}
    shop = shop_of(engine, picture=[written, Column("seen", _moment(engine))], parent={"tz": zone}, child=child)
    with engine.begin() as connection:
        connection.execute(update(shop.jobs).values(done_at=FINISHED + timedelta(hours=5, minutes=45)))
    there = assert_it_comes_and_goes(shop)
    local = datetime.now(UTC).replace(tzinfo=None) + timedelta(hours=5, minutes=45)
    for row in there:
        created = datetime.fromisoformat(row.written_at) if isinstance(row.written_at, str) else row.written_at
        assert abs(created - local) < timedelta(minutes=10)
        assert abs(row.seen - local) < timedelta(minutes=10)


def test_a_session_in_another_zone_takes_back_what_is_unchanged(postgres: Engine) -> None:
    seen = Column("seen", DateTime(timezone=True))
    shop = shop_of(postgres, picture=[seen], child={"columns": {"url": "fileUrl", "seen": "$now"}})
    run = shop.repaired()
    with postgres.begin() as connection:
        name = postgres.url.database
        connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET TimeZone = "Asia/Kathmandu"')
    postgres.dispose()
    assert shop.rolled_back(run).state is RunState.ROLLED_BACK
    assert shop.pictures_there() == []


def test_a_filter_of_the_outputs_is_part_of_what_is_written(engine: Engine) -> None:
    where = [{"column": "kind", "op": "=", "value": "final"}, {"column": "size", "op": "in", "value": [2]}]
    columns: list[Column[Any]] = [Column("kind", String(10)), Column("size", Integer)]
    shop = shop_of(engine, picture=columns, child={"where": where})
    with engine.begin() as connection:
        connection.execute(insert(shop.pictures), {"job_id": 1, "output_key": "9#0", "kind": "draft", "size": 2})
    run = shop.repaired()
    assert run.state is RunState.SUCCEEDED
    assert sorted((row.job_id, row.kind, row.size) for row in shop.pictures_there()) == [
        (1, "draft", 2),
        (1, "final", 2),
        (2, "final", 2),
        (3, "final", 2),
    ]


def test_one_table_can_hold_tasks_and_outputs(engine: Engine) -> None:
    """A job's picture is a row of the jobs' table that refers to it."""
    child: dict[str, Any] = {"table": "jobs", "fk": "of_job", "columns": {"remote": "fileUrl", "id": "taskCostTime"}}
    child["where"] = [{"column": "state", "op": "=", "value": "PICTURE"}]
    job: dict[str, Any] = {"of_job": (Integer(), None), "output_key": (String(60), None)}
    shop = shop_of(engine, job=job, child=child)
    fields: list[dict[str, Scalar]] = [
        {"fileUrl": f"https://e/{each}", "taskCostTime": 100 + each} for each in (1, 2, 3)
    ]
    shop.shelf.answers = {f"p-{each}": Answer(Kind.FOUND, (Output("9#0", fields[each - 1]),)) for each in (1, 2, 3)}
    run = shop.repaired()
    assert run.state is RunState.SUCCEEDED, [item.outcome_detail for item in shop.items(run.id)]
    pictures = select(shop.jobs).where(shop.jobs.c.state == "PICTURE").order_by("id")
    assert [(row.id, row.of_job) for row in shop.read(pictures)] == [(101, 1), (102, 2), (103, 3)]
    assert shop.rolled_back(run).state is RunState.ROLLED_BACK
    assert shop.read(pictures) == []


def test_tasks_that_share_a_key_are_refused(engine: Engine) -> None:
    """Events of one table: a job that was deferred twice has two turns, and an output belongs to neither alone."""
    child: dict[str, Any] = {
        "table": "jobs",
        "fk": "job",
        "output_key": "",
        "columns": {"remote": "fileUrl", "id": "taskCostTime"},
    }
    child["where"] = [{"column": "state", "op": "=", "value": "ENDED"}]
    shop = shop_of(engine, job={"job": (Integer(), 7)}, parent={"id": "job"}, child=child)
    with pytest.raises(MappingError, match=r"parent\.id: jobs.job does not tell one task from another; a repair needs"):
        open_repair(shop.resources, RepairOrder("task-outputs"))
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE VIEW turns AS SELECT * FROM jobs")
    child = {"table": "pictures", "fk": "job_id", "output_key": "output_key", "columns": {"url": "fileUrl"}}
    viewed = _over_a_view(shop, child)
    run, _ = open_repair(viewed.resources, RepairOrder("task-outputs"))
    with pytest.raises(MappingError, match=r"parent\.id: turns.job is the same for several tasks; a repair needs one"):
        make_plan(viewed.bench(), run.id, "ann")
    assert viewed.read(select(shop.pictures)) == []


def _over_a_view(shop: Shop, child: dict[str, Any]) -> Shop:
    rule = shop.resources.settings.rules[0]
    parent = rule.parent.model_copy(update={"table": "turns"})
    side = type(rule.child).model_validate(child)
    changed = rule.model_copy(update={"parent": parent, "child": side})
    resources = shop.resources
    settings = resources.settings.model_copy(update={"rules": (changed,)})
    return Shop(type(resources)(settings, resources.primary, resources.read, resources.store), shop.shelf)


def test_a_view_of_the_tasks_serves_as_their_table(engine: Engine) -> None:
    shop = shop_of(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE VIEW turns AS SELECT * FROM jobs")
        connection.execute(delete(shop.pictures))
    rule = shop.resources.settings.rules[0]
    viewed = _over_a_view(shop, rule.child.model_dump())
    viewed.pictures = shop.pictures
    assert_it_comes_and_goes(viewed)
