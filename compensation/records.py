"""The readable record of a run in the log folder: one JSON line an item, whole or not there."""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Row, select

from consistency.database import transaction
from consistency.ledger.repair_tables import repair_items
from consistency.model import utc_text
from consistency.resources import Resources

#: Each page costs the database a look at all items of the run, so pages are large.
PAGE_ROWS = 5000
_item = repair_items.c
_SHOWN = (
    _item.run_id,
    _item.task_key,
    _item.provider_task_id,
    _item.state,
    _item.outcome_code,
    _item.outcome_detail,
    _item.attempts,
    _item.done_at,
    _item.finished_at,
)

log = structlog.get_logger(__name__)


def record_path(log_dir: Path, run_id: str) -> Path:
    """Where the record of a run is."""
    return log_dir / "repairs" / f"{run_id}.jsonl"


def write_record(resources: Resources, run_id: str) -> None:
    """Write the run's items as they stand; the ledger has them all, so a full disk is only logged."""
    path = record_path(resources.settings.log_dir, run_id)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("w", encoding="utf-8") as out:
            for line in chain.from_iterable(line_pages(resources, run_id)):
                out.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
        partial.replace(path)
    except OSError as error:
        log.warning("repair.record_not_written", run_id=run_id, path=str(path), reason=str(error.strerror))
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def line_pages(resources: Resources, run_id: str, state: str | None = None) -> Iterator[list[dict[str, Any]]]:
    """Every item of the run in the order of the plan, or those in one state; a page is in memory at one time."""
    for page in item_pages(resources, run_id, _SHOWN, state):
        yield list(map(_line, page))


def item_pages(
    resources: Resources, run_id: str, columns: Iterable[ColumnElement[Any]], state: str | None = None
) -> Iterator[Sequence[Row[Any]]]:
    """The items in the order of the plan, with their id and these columns; a page is in memory at one time."""
    chosen = select(repair_items.c.id, *columns)
    chosen = chosen.where(repair_items.c.run_id == run_id).order_by(repair_items.c.id).limit(PAGE_ROWS)
    if state is not None:
        chosen = chosen.where(repair_items.c.state == state)
    last = 0
    while True:
        with transaction(resources.reader) as connection:
            page = connection.execute(chosen.where(repair_items.c.id > last)).all()
        yield page
        if len(page) < PAGE_ROWS:
            return
        last = page[-1].id


def _line(row: Row[Any]) -> dict[str, Any]:
    # Taken apart in the order of _SHOWN: for a hundred thousand rows, asking for each by its name takes as long again.
    values: tuple[Any, ...] = tuple(row)
    _, run_id, task_key, provider_task_id, state, code, detail, attempts, done_at, finished_at = values
    return {
        "run_id": run_id,
        "task_id": task_key,
        "provider_task_id": provider_task_id,
        "state": state,
        "code": code,
        "detail": detail,
        "attempts": attempts,
        "task_finished_at": utc_text(done_at) if done_at else None,
        "finished_at": utc_text(finished_at) if finished_at else None,
    }
