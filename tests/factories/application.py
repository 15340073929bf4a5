"""An application's database of any kind: its tables, made as other programs make them, and its rows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, DateTime, Engine, Integer, MetaData, String, Table, Text, delete, insert
from sqlalchemy.dialects import mysql

from tests.factories.rows import World

MOMENTS = ("completed_at", "updated_at", "created_at", "deleted_at")


def naive_utc(moment: datetime) -> Any:
    return moment.replace(tzinfo=None)


def iso_text(separator: str = " ", suffix: str = "", timespec: str = "auto") -> Callable[[datetime], str]:
    """How an application spells its moments in SQLite."""

    def spell(moment: datetime) -> str:
        return moment.astimezone(UTC).replace(tzinfo=None).isoformat(separator, timespec) + suffix

    return spell


def moment_type(engine: Engine) -> Any:
    """The type of a moment with microseconds, without a zone."""
    if engine.dialect.name in {"mysql", "mariadb"}:
        return mysql.DATETIME(fsp=6)
    return Text() if engine.dialect.name == "sqlite" else DateTime()


@dataclass
class Application:
    """Two tables; `encode` turns an aware UTC moment into what the application stores."""

    engine: Engine
    key_type: Any = field(default_factory=Integer)
    state_type: Any = field(default_factory=lambda: String(40))
    kind_type: Any = field(default_factory=lambda: String(40))
    moment: Any = None
    encode: Callable[[datetime], Any] | None = None
    tables: tuple[str, str] = ("tasks", "task_outputs")
    schema: str | None = None
    renamed: dict[str, str] = field(default_factory=dict)
    indexed: bool = True

    def __post_init__(self) -> None:
        self.metadata = MetaData()
        moment = self.moment or moment_type(self.engine)
        sqlite = self.engine.dialect.name == "sqlite"
        self.spell = self.encode or (iso_text() if sqlite else naive_utc)
        self.parent = Table(
            self.tables[0],
            self.metadata,
            Column(self.name("id"), self.key_type, primary_key=True, autoincrement=False),
            Column(self.name("state"), self.state_type),
            *(Column(self.name(each), moment, index=self.indexed and each == "completed_at") for each in MOMENTS),
            Column(self.name("kind"), self.kind_type),
            Column(self.name("size"), Integer),
            schema=self.schema,
            mysql_charset="utf8mb4",
        )
        self.child = Table(
            self.tables[1],
            self.metadata,
            Column(self.name("id"), Integer, primary_key=True, autoincrement=False),
            Column(self.name("task_id"), self.key_type, index=self.indexed),
            Column(self.name("created_at"), moment, index=self.indexed),
            Column(self.name("output_key"), String(40)),
            Column(self.name("deleted_at"), moment),
            Column(self.name("kind"), String(40)),
            Column(self.name("size"), Integer),
            schema=self.schema,
            mysql_charset="utf8mb4",
        )

    def name(self, plain: str) -> str:
        return self.renamed.get(plain, plain)

    def create(self) -> "Application":
        self.metadata.create_all(self.engine)
        return self

    def fill(self, world: World) -> None:
        """Replace all rows by those of the world."""
        with self.engine.begin() as connection:
            for table in (self.child, self.parent):
                connection.execute(delete(table))
        self.add(world.tasks, world.outputs)

    def add(self, tasks: Iterable[Any], outputs: Iterable[Any]) -> None:
        """Write new rows, in one transaction."""
        with self.engine.begin() as connection:
            for table, rows in ((self.parent, tasks), (self.child, outputs)):
                if stored := [self.stored(row) for row in rows]:
                    connection.execute(insert(table), stored)

    def stored(self, row: Any) -> dict[str, Any]:
        """A row as the application stores it."""
        return {
            self.name(field.name): self.spell(value) if isinstance(value, datetime) else value
            for field in fields(row)
            for value in (getattr(row, field.name),)
        }
