"""A piece of work that is told by its start, and by its success or failure."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from consistency.errors import BadEvent
from consistency.event_ids import new_event_id
from consistency.events import EventLevel
from consistency.json_faults import shown
from consistency.one_line import one_line

KINDS = ("sync", "cleanup", "migration")
Emit = Callable[..., Any]


@dataclass(slots=True)
class Tracked:
    """What the block may add while it works: it goes into the event that ends it."""

    operation_id: str
    message: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)


@contextmanager
def tracked(emit: Emit, kind: str, message: str, details: dict[str, Any]) -> Generator[Tracked, None, None]:
    """The events of one operation have `operation_id` in common; BadEvent for a kind that is none."""
    if kind not in KINDS:
        raise BadEvent(f"kind: {shown(kind)} is unknown; tracked are {', '.join(KINDS)}")
    work = Tracked(f"op_{new_event_id().removeprefix('evt_')}", message or kind, dict(details))
    known = {"operation_id": work.operation_id}
    emit(f"{kind}_start", EventLevel.INFO, work.message, details | known)
    began = time.monotonic()
    try:
        yield work
    except BaseException as error:
        _failed(emit, kind, work, began, error)
        raise
    metrics = {"duration_seconds": _since(began)} | work.metrics
    emit(f"{kind}_success", EventLevel.INFO, work.message, work.details | known, metrics)


def _failed(emit: Emit, kind: str, work: Tracked, began: float, error: BaseException) -> None:
    said = {"operation_id": work.operation_id, "error": one_line(f"{type(error).__name__}: {error}")}
    took = {"duration_seconds": _since(began)}
    try:
        emit(f"{kind}_failure", EventLevel.ERROR, work.message, work.details | said, took | work.metrics)
    except BadEvent:
        # What the block has added is no JSON; its own error must not be covered by that.
        emit(f"{kind}_failure", EventLevel.ERROR, one_line(work.message), said, took)


def _since(began: float) -> float:
    return round(time.monotonic() - began, 6)
