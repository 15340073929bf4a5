"""A row of the parent as lists and repairs read it: its key, what judges it exactly as stored, and further columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, type_coerce
from sqlalchemy.types import NullType

from consistency.enum_columns import with_any_value
from consistency.host import BoundRule
from consistency.moments import TimeColumn
from consistency.zones import read_naive


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task.

    `state` and `finish` (every finish column by its name) are as stored, without any conversion but of aware moments
    to UTC, so that they can be compared with what they are later. `columns` holds what else was asked for, by name.
    """

    key: object
    provider_task_id: object
    state: object
    finish: dict[str, Any]
    columns: dict[str, Any]

    def values(self, rule: BoundRule) -> dict[str, Any]:
        """All that is known of the row, by the names of its columns."""
        side = rule.mapping.parent
        provider = {side.provider_task_id: self.provider_task_id} if side.provider_task_id else {}
        return {**self.columns, **provider, **self.finish, side.state: self.state, side.id: self.key}


def row_columns(rule: BoundRule, columns: Sequence[str] = ()) -> list[ColumnElement[Any]]:
    """What a statement over `rule.parent` must select for `row_fields`."""
    provider = [rule.provider_task_id.label("provider")] if rule.provider_task_id is not None else []
    return [
        rule.key.label("key"),
        *provider,
        _stored(rule.parent.c[rule.mapping.parent.state]).label("state"),
        *(_stored(done.column).label(f"finish_{place}") for place, done in enumerate(rule.done)),
        *(with_any_value(rule.parent.c[name]).label(f"other_{number}") for number, name in enumerate(columns)),
    ]


def _stored(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return type_coerce(column, NullType())


def row_fields(rule: BoundRule, columns: Sequence[str], row: Row[Any]) -> dict[str, Any]:
    """The fields of a TaskRow from a row of such a statement."""
    found = row._mapping  # noqa: SLF001 - the public name of a row's dictionary
    finish = {done.column.name: _in_utc(found[f"finish_{place}"]) for place, done in enumerate(rule.done)}
    others = {name: found[f"other_{number}"] for number, name in enumerate(columns)}
    provider = found.get("provider")
    return {
        "key": row.key,
        "provider_task_id": provider,
        "state": row.state,
        "finish": finish,
        "columns": others,
    }


def _in_utc(value: Any) -> Any:
    # Which zone an aware moment comes in is a matter of the session.
    return value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo else value


def finished_at(rule: BoundRule, finish: dict[str, Any]) -> datetime | None:
    """The moment (aware UTC) in the first finish column that holds one; None if none does."""
    for done in rule.done:
        value = finish[done.column.name]
        if value is not None:
            return instant(done, value)
    return None


def instant(column: TimeColumn, value: datetime | str) -> datetime:
    """The moment, aware UTC, that a value of the column stands for."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    return read_naive(moment, column.zone) if column.zone else moment.replace(tzinfo=UTC)
