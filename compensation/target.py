"""How an output of a provider becomes a row of the application's table, and what would keep it from becoming one.

The mapping's `columns` name for each column where its value comes from: a field of the provider by its name,
`$task.COLUMN` a column of the task, `$uuid` a new UUID, `$now` the moment of writing, `=TEXT` a constant.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Column, Integer, Table, Uuid

from compensation.fitting import Unfit, fitted, new_uuid
from compensation.images import canonical, hash_of
from compensation.provider import Output
from consistency.host import BoundRule
from consistency.task_rows import TaskRow
from consistency.zones import get_zone

TASK_PREFIX = "$task."


@dataclass(frozen=True, slots=True)
class _Told:
    """What values are taken from."""

    task: Mapping[str, Any]
    output: Output
    now: datetime
    zone: ZoneInfo


def row_of(rule: BoundRule, task: Mapping[str, Any], output: Output, now: datetime) -> dict[str, Any]:
    """The values of the row for one output of the task; raises Unfit when one does not fit its column."""
    mapping, table = rule.mapping.child, rule.child_table
    told = _Told(task, output, now, get_zone(mapping.tz))
    values: dict[str, Any] = dict(fixed_values(rule))
    if rule.created is not None:
        values[mapping.created_at] = rule.created.value(now)
    for name, source in mapping.columns.items():
        values[name] = _value(table.c[name], source, told)
    values[mapping.fk] = task[rule.mapping.parent.id]
    if mapping.output_key:
        values[mapping.output_key] = fitted(table.c[mapping.output_key], output.key, told.zone)
    made = {name: new_uuid(table.c[name]) for name in own_keys(rule)}
    return {**made, **values}


def fixed_values(rule: BoundRule) -> dict[str, Any]:
    """What the mapping's filter demands of every output: a row without it would not count."""
    found: dict[str, Any] = {}
    for condition in rule.mapping.child.where:
        if condition.op == "=":
            found[condition.column] = condition.value
        elif condition.op == "in" and isinstance(condition.value, tuple) and len(condition.value) == 1:
            found[condition.column] = condition.value[0]
    return found


def _value(column: Column[Any], source: str, told: _Told) -> Any:
    if source == "$uuid":
        return new_uuid(column)
    if source.startswith(TASK_PREFIX):
        value, lacking = told.task[source.removeprefix(TASK_PREFIX)], f"the task has no {source}"
        return _required(column, value, lacking)
    if source == "$now":
        return fitted(column, told.now, told.zone)
    if source.startswith("="):
        return fitted(column, source[1:], told.zone)
    value = told.output.fields.get(source)
    return fitted(column, _required(column, value, f"the provider sent no {source}"), told.zone)


def _required(column: Column[Any], value: Any, lacking: str) -> Any:
    if value is None and not column.nullable:
        raise Unfit(f"column {column.name}: {lacking}")
    return value


def own_keys(rule: BoundRule) -> list[str]:
    """The columns of the primary key that get a new UUID although nothing says so, because nothing else can."""
    keys = rule.child_table.primary_key.columns
    return [column.name for column in keys if isinstance(column.type, Uuid) and must_be_given(column)]


def must_be_given(column: Column[Any]) -> bool:
    """Whether an insert without this column would be refused."""
    generated = column.identity is not None or column.computed is not None or column.server_default is not None
    by_itself = column.autoincrement is True or (column.autoincrement == "auto" and _is_only_key(column))
    numbered = column.primary_key and isinstance(column.type, Integer) and by_itself
    return not column.nullable and not generated and not numbered


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
