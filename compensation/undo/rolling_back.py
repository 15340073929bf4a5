"""Takes a run back: walks its journal from the end, and deletes each row that nobody has changed.

Every entry is a transaction of its own, so a rollback that was killed is simply started again.
"""

import json
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Row, exists, select, update
from sqlalchemy.exc import IntegrityError

from compensation.copying import Copying, copied
from compensation.measuring import measure_scope
from compensation.records import write_record
from compensation.runs import RepairRefused, Run, beat, change_state, require_run
from compensation.states import ItemState, RunState, Undo, may_follow
from compensation.undo.undoing import fate_of, undo_entry
from compensation.undone import Undone, result_of
from consistency.database import first_line, transaction
from consistency.errors import DatabaseError, DatabaseUnavailable, NotAllowed, StatementTimeout
from consistency.host import BoundRule
from consistency.ledger.repair_tables import repair_items, repair_journal
from consistency.patience import patient
from consistency.resources import Resources

PAGE_ROWS = 200


def rehearse(resources: Resources, rule: BoundRule, run_id: str) -> Undone:
    """What a rollback would do now; nothing is changed."""
    undone, last = Undone(), None
    while True:
        with transaction(resources.reader) as connection:
            run = require_run(connection, run_id)
            require_undoable(run)
            page = _page(connection, run_id, last)
            for entry in page:
                outcome, image = fate_of(connection, rule, entry, lock=False)
                undone.note(entry, outcome, image)
        if len(page) < PAGE_ROWS:
            return undone
        last = page[-1].id


@patient
def begin(resources: Resources, run_id: str, actor: str) -> Run:
    """Let nobody write for the run any more, and mark it as being rolled back; it may be so already."""
    with transaction(resources.primary) as connection:
        run = require_run(connection, run_id)
        if run.state is not RunState.ROLLING_BACK:
            require_undoable(run)
            if not change_state(connection, run, RunState.ROLLING_BACK, actor):
                raise RepairRefused(f"run {run_id} has just changed; look at it again")
        begun = require_run(connection, run_id)
    return copied(resources, begun)


def require_undoable(run: Run) -> None:
    """RepairRefused, with why, when the run can be taken back neither now nor as it stands."""
    if run.state in {RunState.RUNNING, RunState.VERIFYING}:
        raise RepairRefused(f"run {run.id} is {run.state}; pause or cancel it first, or wait for its end")
    if run.state is not RunState.ROLLING_BACK and not may_follow(run.state, RunState.ROLLING_BACK):
        raise RepairRefused(f"run {run.id} is {run.state}; there is nothing to roll back")


def roll_back(
    resources: Resources,
    rule: BoundRule,
    run_id: str,
    *,
    turn: float = float("inf"),
    on_row: Callable[[], None] = lambda: None,
) -> Run:
    """Undo what is left of a run that is being rolled back, and close it; stops after `turn` seconds."""
    began, last, copying = time.monotonic(), None, Copying(resources, run_id)
    while True:
        run, page = _next_page(resources, run_id, last)
        if run.state is not RunState.ROLLING_BACK:
            return run
        copying.now_and_then()
        for entry in page:
            _undo(resources, rule, entry)
            on_row()
            if time.monotonic() - began > turn:
                return run
        if len(page) < PAGE_ROWS:
            return _close(resources, rule, run)
        last = page[-1].id


@patient
def _next_page(resources: Resources, run_id: str, last: int | None) -> tuple[Run, list[Row[Any]]]:
    with transaction(resources.primary) as connection:
        run = require_run(connection, run_id)
        if run.state is not RunState.ROLLING_BACK:
            return run, []
        beat(connection, run_id)
        return run, _page(connection, run_id, last)


def _page(connection: Connection, run_id: str, last: int | None) -> list[Row[Any]]:
    journal = repair_journal.c
    chosen = select(repair_journal).where(journal.run_id == run_id, journal.undone == 0)
    if last is not None:
        chosen = chosen.where(journal.id < last)
    return list(connection.execute(chosen.order_by(journal.id.desc()).limit(PAGE_ROWS)))


@patient
def _undo(resources: Resources, rule: BoundRule, entry: Row[Any]) -> None:
    try:
        with transaction(resources.primary) as connection:
            outcome = undo_entry(connection, rule, entry.id)
            _mark_item(connection, entry.item_id, outcome)
    except IntegrityError as error:
        # Rows of other tables refer to this one, so it has become somebody's.
        _keep(resources, entry, {"referred_to": first_line(error.orig)})
    except (DatabaseUnavailable, StatementTimeout, NotAllowed):
        raise
    except DatabaseError as error:
        # A trigger of the application's wants it to stay.
        _keep(resources, entry, {"refused": str(error)})


def _keep(resources: Resources, entry: Row[Any], reason: dict[str, str]) -> None:
    with transaction(resources.primary) as connection:
        _note_kept(connection, entry, json.dumps(reason))


def _note_kept(connection: Connection, entry: Row[Any], detail: str) -> None:
    values = {"undo_outcome": str(Undo.KEPT_CHANGED), "undo_detail": detail}
    connection.execute(update(repair_journal).where(repair_journal.c.id == entry.id).values(values))
    _mark_item(connection, entry.item_id, Undo.KEPT_CHANGED)


def _mark_item(connection: Connection, item_id: int, outcome: Undo) -> None:
    item = repair_items.c.id == item_id
    if outcome is Undo.KEPT_CHANGED:
        connection.execute(update(repair_items).where(item).values(state=ItemState.KEPT_CHANGED))
        return
    standing = exists().where(repair_journal.c.item_id == item_id, repair_journal.c.undone == 0)
    undone = item & (repair_items.c.state != ItemState.KEPT_CHANGED)
    connection.execute(update(repair_items).where(undone, ~standing).values(state=ItemState.ROLLED_BACK))


def _close(resources: Resources, rule: BoundRule, run: Run) -> Run:
    after = measure_scope(resources, rule, run)
    with transaction(resources.primary) as connection:
        undone = result_of(connection, run.id)
        state = RunState.ROLLED_BACK_PARTIAL if undone.kept_changed else RunState.ROLLED_BACK
        columns = {"after": json.dumps(after.as_dict())}
        change_state(connection, run, state, "worker", payload=undone.as_dict(), **columns)
        closed = require_run(connection, run.id)
    write_record(resources, run.id)
    return copied(resources, closed)
