"""The statements that count outputs without task: those whose task does not exist, and those that name none."""

from enum import IntEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Executable, Float, Integer, Select, exists, func, literal, select, union_all

from consistency import gaps
from consistency.host import BoundRule, Offsets
from consistency.moments import whole
from monitor_tasks.statements import Prepared, Scope

_Counts = Select[int, int, int]


class Stray(IntEnum):
    """What an output without task is."""

    ORPHAN = 0
    NULL_FK = 1


def stray_statement(rule: BoundRule, scope: Scope, dialect: str) -> Prepared | None:
    """Outputs created in the scope that belong to no task, by slot; None where there cannot be any to count."""
    possible = (rule.orphans_possible, rule.null_fk_possible)
    if rule.created is None or not rule.outputs_by_time or not any(possible):
        return None
    offsets, parameters = rule.offsets(scope.windows[0].start, scope.as_of), {}
    for number, window in enumerate(scope.windows):
        parameters[f"start_{number}"] = rule.created.value(window.start)
        parameters[f"end_{number}"] = rule.created.value(window.end)
        if dialect == "postgresql" and rule.orphans_possible:
            parameters[f"near_{number}"] = rule.done[0].value(window.start - rule.mapping.grace)
            parameters[f"until_{number}"] = rule.done[0].value(window.end)
    return Prepared(_shape(rule, len(scope.windows), scope.slot_seconds, offsets, dialect), parameters)


@lru_cache(maxsize=256)
def _shape(rule: BoundRule, windows: int, slot_seconds: int, offsets: Offsets, dialect: str) -> Executable:
    pieces: list[_Counts] = []
    for number in range(windows):
        slot = _slot(rule, slot_seconds, offsets)
        within = _created_within(rule, number)
        if rule.orphans_possible and dialect == "postgresql":
            pieces.append(_orphans_in_two_steps(rule, number, slot, within))
        elif rule.orphans_possible:
            pieces.append(_counted(Stray.ORPHAN, slot).where(*within, *gaps.orphan(rule)).group_by(slot))
        if rule.null_fk_possible:
            unbound = _counted(Stray.NULL_FK, slot).where(*within, rule.fk.is_(None), *gaps.live_outputs(rule))
            pieces.append(unbound.group_by(slot))
    return union_all(*pieces)


def _slot(rule: BoundRule, slot_seconds: int, offsets: Offsets) -> ColumnElement[int]:
    assert rule.created is not None  # without a creation time an output belongs to no window
    return whole(rule.created.epoch(rule.created.bare, offsets[-1]) / literal(float(slot_seconds), Float))


def _created_within(rule: BoundRule, number: int) -> list[ColumnElement[bool]]:
    assert rule.created is not None  # the same
    return rule.created.between(rule.created.parameter(f"start_{number}"), rule.created.parameter(f"end_{number}"))


def _counted(stray: Stray, slot: ColumnElement[int]) -> _Counts:
    return select(literal(int(stray), Integer).label("kind"), slot.label("slot"), func.count().label("outputs"))


def _orphans_in_two_steps(
    rule: BoundRule, number: int, slot: ColumnElement[int], within: list[ColumnElement[bool]]
) -> _Counts:
    """The same as `gaps.orphan`, in a form that never tempts PostgreSQL to read all tasks for an hour's outputs.

    Nearly all outputs belong to tasks that finished about then, which takes one join of two short stretches; only the
    few that remain are looked up by key.
    """
    remaining = select(rule.fk.label("fk"), slot.label("slot")).where(
        *within, *gaps.live_outputs(rule), rule.fk.is_not(None), ~_belongs_to_a_recent_task(rule, number)
    )
    suspects = remaining.offset(0).subquery("suspects")
    owner = rule.parent_table.alias("owner")
    key = owner.c[rule.mapping.parent.id]
    found: ColumnElement[Any] = select(key).where(key == suspects.c.fk).limit(1).scalar_subquery()
    return _counted(Stray.ORPHAN, suspects.c.slot).where(found.is_(None)).group_by(suspects.c.slot)


def _belongs_to_a_recent_task(rule: BoundRule, number: int) -> ColumnElement[bool]:
    recent = rule.over(rule.parent_table.alias("recent"))
    column = recent.done[0]
    about_then = column.between(column.parameter(f"near_{number}"), column.parameter(f"until_{number}"))
    return exists().where(recent.key == rule.fk, *gaps.successful(recent), *about_then).correlate(rule.child)
