"""The items of a plan: each task of the scope with its decision."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from compensation.details import detail_text
from compensation.plans.scopes import Scope
from compensation.states import ItemState
from compensation.target import precondition_of
from consistency.host import BoundRule
from consistency.missing import Question, missing_tasks
from consistency.source import Source
from consistency.task_rows import TaskRow
from consistency.tasks_by_keys import KeyedTask, tasks_by_keys


@dataclass(frozen=True, slots=True)
class Candidate:
    """One task as the plan sees it; PENDING is to be repaired, other states say why not."""

    task_key: str
    provider_task_id: str | None
    done_at: datetime | None
    precondition: str
    state: ItemState
    code: str = ""
    detail: str = ""


def candidates(source: Source, rule: BoundRule, scope: Scope, as_of: datetime) -> Iterator[Candidate]:
    """Every task of the scope that lacks its output, oldest first; of named tasks also those that do not."""
    if scope.window is not None:
        for task in missing_tasks(source, Question(rule, scope.window, as_of)):
            yield _candidate(task, task.done_at, *_decision(task))
        return
    places = {rule.parse_key(text): place for place, text in enumerate(scope.ids)}
    found = tasks_by_keys(source, rule, list(places), as_of)
    for keyed in sorted(found, key=lambda each: places.get(each.key, 0)):
        yield _candidate(keyed, keyed.done_at, *_named_decision(rule, keyed))


def _candidate(task: TaskRow, done_at: datetime | None, state: ItemState, code: str, detail: str) -> Candidate:
    provider_id = None if task.provider_task_id is None else str(task.provider_task_id)[:255]
    return Candidate(str(task.key), provider_id, done_at, precondition_of(task), state, code, detail)


def _decision(task: TaskRow) -> tuple[ItemState, str, str]:
    if task.provider_task_id in {None, ""}:
        return ItemState.QUARANTINED, "no_provider_id", detail_text("no_provider_id")
    return ItemState.PENDING, "", ""


def _named_decision(rule: BoundRule, task: KeyedTask) -> tuple[ItemState, str, str]:
    if not task.successful or task.deleted:
        why = detail_text("deleted") if task.deleted else detail_text("in_state", state=repr(str(task.state)[:60]))
        return ItemState.SKIPPED_PRECONDITION, "not_successful", why
    if task.outputs >= rule.mapping.child.min_rows:
        return ItemState.SKIPPED_PRESENT, "present", detail_text("outputs_there", count=task.outputs)
    if not task.matured:
        return ItemState.SKIPPED_PRECONDITION, "young", detail_text("young")
    return _decision(task)
