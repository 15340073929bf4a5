"""The application that the built-in rule expects: `tasks` and `task_outputs`, with as many rows as a test wants."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    DateTime,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    delete,
    event,
    insert,
)
from sqlalchemy.dialects import mysql

metadata = MetaData()
_moment = DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")

tasks = Table(
    "tasks",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("status", String(20)),
    Column("completed_at", _moment, index=True),
    Column("updated_at", _moment),
    Column("created_at", _moment),
    Column("provider_task_id", String(60)),
    Column("workflow", String(60)),
)
outputs = Table(
    "task_outputs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("task_id", Integer, ForeignKey(tasks.c.id), index=True),
    Column("created_at", _moment),
    Column("output_key", String(60)),
    Column("file_url", String(200)),
    Column("file_type", String(20)),
)


@dataclass(frozen=True)
class AppTask:
    """A successful task that finished at `done` (aware UTC), with or without its output."""

    id: int
    done: datetime
    has_output: bool = True
    provider_task_id: str | None = None
    workflow: str | None = None
    late_place: bool = False  # its first finish column is NULL, the second one holds the time


def make_application(url: str, rows: Sequence[AppTask]) -> None:
    """Create both tables in the database at `url`, or empty them, and fill them."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        # Several processes look at the file while it is changed.
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=30000"))
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(delete(outputs))
        connection.execute(delete(tasks))
        if rows:
            connection.execute(insert(tasks), [_task(row) for row in rows])
        if kept := [_output(row) for row in rows if row.has_output]:
            connection.execute(insert(outputs), kept)
    engine.dispose()


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _task(row: AppTask) -> dict[str, Any]:
    done = _naive(row.done)
    return {
        "id": row.id,
        "status": "SUCCESS",
        "completed_at": None if row.late_place else done,
        "updated_at": done,
        "created_at": done - timedelta(seconds=30),
        "provider_task_id": row.provider_task_id,
        "workflow": row.workflow,
    }


def _output(row: AppTask) -> dict[str, Any]:
    created = _naive(row.done) + timedelta(seconds=2)
    return {"task_id": row.id, "created_at": created, "output_key": f"out-{row.id}"}
