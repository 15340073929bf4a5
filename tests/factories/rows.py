"""Tasks and outputs in memory: what a test database holds, and what the oracle counts."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(slots=True)
class Task:
    """A row of the parent; moments are aware UTC."""

    id: Any
    state: Any = "SUCCESS"
    completed_at: datetime | None = None
    updated_at: datetime | None = None
    created_at: datetime | None = None
    deleted_at: datetime | None = None
    kind: str | None = None
    size: int | None = None


@dataclass(slots=True)
class Output:
    """A row of the child; moments are aware UTC."""

    id: int
    task_id: Any = None
    created_at: datetime | None = None
    output_key: str | None = None
    deleted_at: datetime | None = None
    kind: str | None = None
    size: int | None = None


@dataclass(slots=True)
class World:
    """All rows of an application."""

    tasks: list[Task] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
