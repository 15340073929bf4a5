"""An application with tables of its own making that has lost its outputs, in a studio."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, insert, select

from compensation import control
from compensation.engine import work
from compensation.plans.opening import RepairOrder, open_repair
from compensation.plans.planning import make_plan
from compensation.runs import Run
from compensation.states import RunState
from compensation.undo import rolling_back
from consistency.mapping import RuleMapping
from consistency.resources import Resources
from consistency.settings import Settings
from tests.factories.application import moment_type
from tests.factories.own_tables import make_own_tables
from tests.factories.studio import Shelf, Studio

FINISHED = datetime.now(UTC).replace(tzinfo=None, microsecond=0) - timedelta(hours=20)
PARENT = {"table": "jobs", "id": "id", "state": "state", "state_in": ["SUCCESS"], "done_at": ["done_at"]}
CHILD = {"table": "pictures", "fk": "job_id", "output_key": "output_key", "columns": {"url": "fileUrl"}}


class Shop(Studio):
    """Jobs that have succeeded, and pictures that are lost; `shop_of` makes one."""

    jobs: Table
    pictures: Table

    def pictures_there(self) -> list[Any]:
        return self.read(select(self.pictures))

    def repaired(self, **order: Any) -> Run:
        """The run when its plan was applied to the end."""
        run, _ = open_repair(self.resources, RepairOrder(rule_id="task-outputs", actor="ann", **order))
        make_plan(self.bench(), run.id, "ann")
        control.start(self.resources, run.id, "ann", approved=True)
        return work(self.bench(), run.id)[0]

    def rolled_back(self, run: Run) -> Run:
        rolling_back.begin(self.resources, run.id, "ann")
        return rolling_back.roll_back(self.resources, self.resources.rule("task-outputs"), run.id)


def shop_of(
    engine: Engine,
    *,
    key_type: Any = None,
    key: Callable[[int], Any] = int,
    number: int = 3,
    job: Mapping[str, tuple[Any, Any]] | None = None,
    picture: list[Column[Any]] | None = None,
    parent: Mapping[str, Any] | None = None,
    child: Mapping[str, Any] | None = None,
    schema: str | None = None,
) -> Shop:
    """Jobs 1 to `number` without pictures. `job` maps further columns to type and value; `picture` are the columns
    of the pictures beside the defaults (an integer `id`, `job_id`, `output_key`, `url`), replacing them by name."""
    metadata = MetaData()
    kind = key_type if key_type is not None else Integer()
    jobs = _jobs(engine, metadata, kind, job or {}, schema)
    pictures = _pictures(metadata, kind, picture or [], schema)
    metadata.create_all(engine)
    values = {name: value for name, (_, value) in (job or {}).items()}
    rows = [
        {"id": key(each), "state": "SUCCESS", "done_at": FINISHED, "remote": f"p-{each}", **values}
        for each in range(1, number + 1)
    ]
    with engine.begin() as connection:
        connection.execute(insert(jobs), rows)
    make_own_tables(engine)
    prefix = f"{schema}." if schema else ""
    rule = RuleMapping.model_validate(
        {
            "id": "task-outputs",
            "parent": {**PARENT, "table": f"{prefix}jobs", "provider_task_id": "remote", **(parent or {})},
            "child": {**CHILD, "table": f"{prefix}pictures", **(child or {})},
        }
    )
    settings = Settings(provider_rate=0, check_links=False, repair_share=1.0, rules=(rule,))
    shop = Shop(Resources(settings, engine, engine, engine), Shelf())
    shop.jobs, shop.pictures = jobs, pictures
    return shop


def _jobs(engine: Engine, metadata: MetaData, kind: Any, more: Mapping[str, tuple[Any, Any]], schema: Any) -> Table:
    moment = moment_type(engine)
    columns = {
        "id": Column("id", kind, primary_key=True, autoincrement=False),
        "state": Column("state", String(20)),
        "done_at": Column("done_at", moment),
        "remote": Column("remote", String(40)),
        **{name: Column(name, given) for name, (given, _) in more.items()},
    }
    return Table("jobs", metadata, *columns.values(), schema=schema)


def _pictures(metadata: MetaData, kind: Any, more: list[Column[Any]], schema: Any) -> Table:
    columns: dict[str, Column[Any]] = {
        "id": Column("id", Integer, primary_key=True),
        "job_id": Column("job_id", kind),
        "output_key": Column("output_key", String(60)),
        "url": Column("url", String(200)),
    }
    if any(column.primary_key for column in more):
        del columns["id"]
    return Table("pictures", metadata, *{**columns, **{each.name: each for each in more}}.values(), schema=schema)


def assert_it_comes_and_goes(shop: Shop, number: int = 3) -> list[Any]:
    """Every job gets its picture, a second repair finds nothing to do, and the rollback takes all of them back."""
    run = shop.repaired()
    assert run.state is RunState.SUCCEEDED, [item.outcome_detail for item in shop.items(run.id)]
    there = shop.pictures_there()
    assert sorted(str(row.job_id) for row in there) == sorted(item.task_key for item in shop.items(run.id))
    assert len(there) == number
    assert shop.items(shop.repaired().id) == []
    assert shop.rolled_back(run).state is RunState.ROLLED_BACK
    assert shop.pictures_there() == []
    return there
