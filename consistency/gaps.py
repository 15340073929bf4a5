"""The one definition of a gap, as SQL.

A task is *successful* when its state is one of the rule's and the rule's filter lets it pass. It is *placed* at the
first finish column that holds a value. It *lacks its output* when fewer than `min_rows` live outputs refer to it.
Detection, lists of missing tasks, repair and verification all build their statements from here.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, and_, any_, bindparam, exists, func, select, true
from sqlalchemy.sql.selectable import NamedFromClause

from consistency.condition_values import compared
from consistency.host import BoundRule
from consistency.mapping import Condition
from consistency.model import Window

_OPERATORS: dict[str, Callable[[ColumnElement[Any], Any], ColumnElement[bool]]] = {
    "=": lambda column, value: column == value,
    "!=": lambda column, value: column != value,
    "<": lambda column, value: column < value,
    "<=": lambda column, value: column <= value,
    ">": lambda column, value: column > value,
    ">=": lambda column, value: column >= value,
    "in": lambda column, values: column.in_(values),
    "not in": lambda column, values: column.not_in(values),
    "is null": lambda column, _: column.is_(None),
    "is not null": lambda column, _: column.is_not(None),
}


def filtered(side: NamedFromClause[Any], conditions: Iterable[Condition]) -> list[ColumnElement[bool]]:
    """The structured filter of one side; names become columns, values are bound."""
    columns = [(side.c[each.column], each) for each in conditions]
    return [_OPERATORS[each.op](column, compared(column.type, each.value)) for column, each in columns]


def successful(rule: BoundRule) -> list[ColumnElement[bool]]:
    """The task is in a success state, deleted or not."""
    state = rule.parent.c[rule.mapping.parent.state]
    return [state.in_(rule.mapping.parent.state_in), *filtered(rule.parent, rule.mapping.parent.where)]


def alive(rule: BoundRule) -> ColumnElement[bool]:
    """The task is not soft-deleted."""
    name = rule.mapping.parent.deleted_at
    return rule.parent.c[name].is_(None) if name else true()


def placed(rule: BoundRule, place: int) -> list[ColumnElement[bool]]:
    """The task's finish time stands in the column number `place`: all columns before it are NULL."""
    return [earlier.column.is_(None) for earlier in rule.done[:place]]


def within(rule: BoundRule, place: int, window: Window) -> list[ColumnElement[bool]]:
    """The task finished in the half-open window, by the column number `place`."""
    column = rule.done[place]
    return finished_between(rule, place, column.bound(window.start), column.bound(window.end))


def finished_between(
    rule: BoundRule, place: int, start: ColumnElement[Any], end: ColumnElement[Any]
) -> list[ColumnElement[bool]]:
    """The same for bounds that are already values or parameters of the column; the column itself stays bare."""
    return rule.done[place].between(start, end)


def among_keys(rule: BoundRule, parameter: str) -> BoundRule:
    """The same rule over nothing but the tasks with a key in a PostgreSQL array, which are found by that key alone."""
    key = rule.parent_table.c[rule.mapping.parent.id]
    chosen = select(rule.parent_table).where(key == any_(bindparam(parameter, type_=ARRAY(key.type))))
    return rule.over(chosen.offset(0).subquery(rule.parent.name))


def matured(rule: BoundRule, place: int, as_of: datetime) -> ColumnElement[bool]:
    """The task's grace period was over at `as_of`."""
    column = rule.done[place]
    return column.bare < column.bound(as_of - rule.mapping.grace)


def live_outputs(rule: BoundRule) -> list[ColumnElement[bool]]:
    """The output counts: it is not soft-deleted and the rule's filter lets it pass."""
    name = rule.mapping.child.deleted_at
    deleted = [rule.child.c[name].is_(None)] if name else []
    return [*deleted, *filtered(rule.child, rule.mapping.child.where)]


def outputs_of_task(rule: BoundRule) -> list[ColumnElement[bool]]:
    """The live outputs of the task in the surrounding statement."""
    return [rule.fk == rule.key, *live_outputs(rule)]


def lacks_output(rule: BoundRule) -> ColumnElement[bool]:
    """The task in the surrounding statement has fewer live outputs than the rule wants."""
    if rule.mapping.child.min_rows == 1:
        return ~exists().where(*outputs_of_task(rule)).correlate(rule.parent)
    return lacks_output_by_count(rule)


def lacks_output_by_count(rule: BoundRule) -> ColumnElement[bool]:
    """The same as a value: beside a condition PostgreSQL might answer an EXISTS by reading all outputs there are."""
    return number_of_outputs(rule) < rule.mapping.child.min_rows


def number_of_outputs(rule: BoundRule) -> ColumnElement[int]:
    """How many live outputs the task in the surrounding statement has."""
    counted = select(func.count()).select_from(rule.child).where(*outputs_of_task(rule))
    return counted.correlate(rule.parent).scalar_subquery()


def gap(rule: BoundRule, place: int, window: Window, as_of: datetime) -> ColumnElement[bool]:
    """The task is missing its output: successful, alive, finished in the window, matured, and without output."""
    conditions = [*successful(rule), alive(rule), *placed(rule, place), *within(rule, place, window)]
    return and_(*conditions, matured(rule, place, as_of), lacks_output(rule))


def orphan(rule: BoundRule) -> list[ColumnElement[bool]]:
    """The live output refers to a task that does not exist, whatever that task's state would be."""
    parent = rule.parent_table.alias("owner")
    owned = exists().where(parent.c[rule.mapping.parent.id] == rule.fk).correlate(rule.child)
    return [*live_outputs(rule), rule.fk.is_not(None), ~owned]
