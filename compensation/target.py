"""How an output of a provider becomes a row of the application's table, and what would keep it from becoming one.

The mapping's `columns` name for each column where its value comes from: a field of the provider by its name,
`$task.COLUMN` a column of the task, `$uuid` a new UUID, `$now` the moment of writing, `=TEXT` a constant.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Boolean, Column, Float, Integer, Numeric, String, Table, Uuid

from compensation.images import canonical, hash_of
from compensation.provider import Output
from consistency.errors import ReconcileryError
from consistency.host import BoundRule
from consistency.task_rows import TaskRow

TASK_PREFIX = "$task."


class Unfit(ReconcileryError):
    """An output that does not fit the table; names the column."""


def row_of(rule: BoundRule, task: Mapping[str, Any], output: Output, now: datetime) -> dict[str, Any]:
    """The values of the row for one output of the task; raises Unfit when one does not fit its column."""
    mapping, table = rule.mapping.child, rule.child_table
    values: dict[str, Any] = dict(fixed_values(rule))
    if rule.created is not None:
        values[mapping.created_at] = rule.created.value(now)
    for name, source in mapping.columns.items():
        values[name] = _value(table.c[name], source, task, output, now)
    values[mapping.fk] = task[rule.mapping.parent.id]
    if mapping.output_key:
        values[mapping.output_key] = _fitted(table.c[mapping.output_key], output.key)
    for column in table.primary_key.columns:
        if column.name not in values and must_be_given(column) and isinstance(column.type, Uuid):
            values[column.name] = uuid4()
    return values


def fixed_values(rule: BoundRule) -> dict[str, Any]:
    """What the mapping's filter demands of every output: a row without it would not count."""
    found: dict[str, Any] = {}
    for condition in rule.mapping.child.where:
        if condition.op == "=":
            found[condition.column] = condition.value
        elif condition.op == "in" and isinstance(condition.value, tuple) and len(condition.value) == 1:
            found[condition.column] = condition.value[0]
    return found


def _value(column: Column[Any], source: str, task: Mapping[str, Any], output: Output, now: datetime) -> Any:
    if source.startswith("="):
        return _fitted(column, source[1:])
    if source.startswith(TASK_PREFIX):
        return task[source.removeprefix(TASK_PREFIX)]
    if source == "$uuid":
        return uuid4() if isinstance(column.type, Uuid) else str(uuid4())
    if source == "$now":
        return _moment(column, now)
    value = output.fields.get(source)
    if value is None and not column.nullable:
        raise Unfit(f"column {column.name}: the provider sent no {source}")
    return _fitted(column, value)


def _moment(column: Column[Any], now: datetime) -> Any:
    if isinstance(column.type, String):
        return now.replace(tzinfo=None).isoformat(" ")
    return now if getattr(column.type, "timezone", False) else now.replace(tzinfo=None)


def _fitted(column: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    try:
        fitted = _converted(column, value)
    except ValueError:
        raise Unfit(f"column {column.name}: {str(value)[:60]!r} is no {column.type}") from None
    length = getattr(column.type, "length", None)
    if isinstance(fitted, str) and isinstance(length, int) and len(fitted) > length:
        raise Unfit(f"column {column.name}: {len(fitted)} characters do not fit into {column.type}")
    return fitted


def _converted(column: Column[Any], value: Any) -> Any:
    kind = column.type
    if isinstance(kind, Boolean):
        return value if isinstance(value, bool) else bool(int(value))
    if isinstance(kind, Integer):
        return int(value)
    if isinstance(kind, Numeric | Float):
        return float(value) if isinstance(kind, Float) else kind.python_type(str(value))
    if isinstance(kind, String):
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value


def must_be_given(column: Column[Any]) -> bool:
    """Whether an insert without this column would be refused."""
    generated = column.identity is not None or column.computed is not None or column.server_default is not None
    numbered = column.primary_key and column.autoincrement in {True, "auto"} and isinstance(column.type, Integer)
    return not column.nullable and not generated and not (numbered and _is_only_key(column))


def _is_only_key(column: Column[Any]) -> bool:
    table = column.table
    return isinstance(table, Table) and len(table.primary_key.columns) == 1


def copied_columns(rule: BoundRule) -> list[str]:
    """The columns of the task that its outputs copy."""
    sources = rule.mapping.child.columns.values()
    copied = [source.removeprefix(TASK_PREFIX) for source in sources if source.startswith(TASK_PREFIX)]
    return list(dict.fromkeys(copied))


def precondition_of(task: TaskRow) -> str:
    """64 hex digits over what must be unchanged since the plan: the state, the finish times, the provider's id."""
    return hash_of(canonical([task.state, task.finish, task.provider_task_id]))
