"""What would keep the outputs from being written back, found before the first row is written."""

from compensation.images import has_findable_key
from compensation.target import TASK_PREFIX, fixed_values, must_be_given, own_keys
from consistency.host import BoundRule
from consistency.mapping import Condition


def target_problems(rule: BoundRule) -> list[str]:
    """What keeps the table from being repaired, each with the fix; empty when rows can be written."""
    mapping, table, key = rule.mapping.child, rule.child_table, f"rules.{rule.id}"
    problems = []
    if not rule.mapping.parent.provider_task_id:
        problems.append(f"{key}.parent.provider_task_id: not mapped, so the provider cannot be asked; name the column")
    if not mapping.columns:
        problems.append(f"{key}.child.columns: not mapped; say which column takes which of the provider's fields")
    if rule.parent_table.primary_key.columns and not rule.key_is_unique:
        problems.append(
            f"{key}.parent.id: {rule.parent_table.name}.{rule.mapping.parent.id} does not tell one task from another;"
            " a repair needs a primary key, or a column that is unique"
        )
    if not has_findable_key(table):
        problems.append(
            f"{key}.child.table: {table.name} has no primary key of integers, text or UUIDs, so no row could be undone"
        )
    return problems + _unfilled(rule) + _wrong_sources(rule) + _unmet(rule)


def filled_columns(rule: BoundRule) -> list[str]:
    """The columns of the outputs' table that a repair gives a value."""
    mapping = rule.mapping.child
    named = [mapping.fk, mapping.output_key, mapping.created_at, *mapping.columns, *fixed_values(rule)]
    return [name for name in dict.fromkeys([*named, *own_keys(rule)]) if name]


def _unfilled(rule: BoundRule) -> list[str]:
    filled = filled_columns(rule)
    return [
        f"rules.{rule.id}.child.columns: {rule.child_table.name}.{column.name} must have a value and gets none;"
        f' add {column.name} = a field of the provider, "$task.COLUMN", "$uuid", "$now" or "=TEXT"'
        for column in rule.child_table.columns
        if column.name not in filled and must_be_given(column)
    ]


def _wrong_sources(rule: BoundRule) -> list[str]:
    wrong = []
    for name, source in rule.mapping.child.columns.items():
        known = source in {"$uuid", "$now"} or not source.startswith("$")
        if source.startswith(TASK_PREFIX):
            known = source.removeprefix(TASK_PREFIX) in rule.parent.c
        if not known:
            wrong.append(
                f"rules.{rule.id}.child.columns: {name} = {source!r} names no column of {rule.parent_table.name}"
            )
    return wrong


def _unmet(rule: BoundRule) -> list[str]:
    filled = filled_columns(rule)
    return [
        f"rules.{rule.id}.child.columns: a new row would not pass the filter on {each.column}; map that column"
        for each in rule.mapping.child.where
        if each.column not in filled and not _met_by_null(each)
    ]


def _met_by_null(condition: Condition) -> bool:
    return condition.op == "is null"
