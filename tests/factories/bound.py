"""A rule on tables that no database holds, for tests of what is decided from the tables' description alone."""

from typing import Any

from sqlalchemy import Column, DateTime, Integer, MetaData, String, Table

from consistency.host import BoundRule
from consistency.mapping import RuleMapping
from consistency.moments import TimeColumn
from consistency.zones import get_zone

PARENT = {"table": "jobs", "id": "id", "state": "state", "state_in": ["SUCCESS"], "done_at": ["done_at"]}
CHILD = {"table": "pictures", "fk": "job_id", "output_key": "output_key", "columns": {"url": "fileUrl"}}


def bound_rule(
    *columns: Column[Any],
    parent: dict[str, Any] | None = None,
    child: dict[str, Any] | None = None,
    job_key: Any = None,
    job: tuple[Any, ...] = (),
) -> BoundRule:
    """A rule over jobs and pictures; `columns` come beside the default ones of the pictures, or replace them."""
    metadata = MetaData()
    key = job_key if job_key is not None else Integer()
    jobs: list[Any] = [Column("id", key, primary_key=True), Column("state", String(20)), Column("done_at", DateTime)]
    jobs += [Column("remote", String(40)), *job]
    pictures: dict[str, Column[Any]] = {
        "id": Column("id", Integer, primary_key=True),
        "job_id": Column("job_id", key),
        "output_key": Column("output_key", String(60)),
        "url": Column("url", String(200)),
    }
    pictures |= {column.name: column for column in columns}
    mapping = RuleMapping.model_validate(
        {
            "id": "r",
            "parent": {**PARENT, "provider_task_id": "remote", **(parent or {})},
            "child": {**CHILD, **(child or {})},
        }
    )
    parent_table = Table("jobs", metadata, *{column.name: column for column in jobs}.values())
    child_table = Table("pictures", metadata, *pictures.values())
    task, output = parent_table.alias("task"), child_table.alias("output")
    created = (
        TimeColumn(output.c[mapping.child.created_at], nullable=True, zone=get_zone("UTC"))
        if mapping.child.created_at
        else None
    )
    return BoundRule(
        mapping=mapping,
        hash="0" * 12,
        parent_table=parent_table,
        child_table=child_table,
        parent=task,
        child=output,
        done=(TimeColumn(task.c.done_at, nullable=True, zone=get_zone("UTC")),),
        created=created,
        orphans_possible=True,
        null_fk_possible=True,
        duplicates_possible=True,
        outputs_by_time=True,
    )
