"""`/repairs`: plans and repairs, what each will do, does and has done."""

from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from api.endpoints.repairs import repair_named
from api.flower.links import flower_list
from api.http.cursors import read_cursor, write_cursor
from api.http.moments import cursor_behind, place_behind, place_number
from api.ledger import UsesLedger
from api.page.chrome import chrome
from api.page.paging import ROWS, ListQuery, known_rule, older
from api.page.rendering import show
from api.page.repair_words import outcome_words, remark_words
from api.page.visitors import Visit
from api.services import UsesServices
from api.views.repairs import item_lines, repair_lines, repair_record
from compensation.states import TAKEN_BACK, ItemState, RunState
from compensation.summary import problems_of
from consistency.database import transaction
from consistency.ledger.own_tables import REPAIRS
from consistency.ledger.schema import is_current
from consistency.model import parse_utc

_KIND, _ITEMS = "repairs", "items"
_REFRESH = 2
#: While in one of these a run changes by itself.
_MOVING = frozenset({RunState.PLANNING, RunState.RUNNING, RunState.VERIFYING, RunState.ROLLING_BACK})

router = APIRouter(include_in_schema=False)


class RepairsQuery(ListQuery):
    """Which repairs, and what a new plan begins with."""

    start_date: str = ""
    end_date: str = ""
    task_ids: str = ""


class RepairQuery(ListQuery):
    """Which tasks of a repair."""

    state: Literal[
        "",
        "pending",
        "leased",
        "deferred",
        "done",
        "skipped_present",
        "skipped_precondition",
        "no_output",
        "upstream_failed",
        "upstream_gone",
        "link_expired",
        "quarantined",
        "yielded",
        "rolled_back",
        "kept_changed",
    ] = ""


@router.get("/repairs")
def repairs(
    request: Request,
    visitor: Visit,
    services: UsesServices,
    ledger: UsesLedger,
    query: Annotated[RepairsQuery, Query()],
) -> Response:
    """The newest first, and the form for a new plan."""
    settings, resources = services.settings, services.resources
    rule, place = known_rule(settings, query.rule), place_behind(_KIND, query.cursor)
    with ledger.reading() as (connection, now):
        frame = chrome(connection, "repairs")
    has_tables, found = is_current(resources.primary, REPAIRS), list[dict[str, Any]]()
    if has_tables:
        with transaction(resources.reader) as connection:
            found = repair_lines(connection, ROWS + 1, rule, None, place)
    last = found[ROWS - 1] if len(found) > ROWS else None
    cursor = cursor_behind(_KIND, parse_utc(last["created_at"]), last["run_id"]) if last else None
    return show(
        request,
        visitor,
        "repairs.html",
        **frame,
        repairs=found[:ROWS],
        has_tables=has_tables,
        older=older(request, cursor),
        query=query,
        repairable=[each.id for each in settings.rules if each.child.columns],
        now=now,
        refresh=_REFRESH if any(run["state"] in _MOVING for run in found) else 15,
    )


@router.get("/repairs/{run_id}")
def repair(
    request: Request,
    visitor: Visit,
    services: UsesServices,
    ledger: UsesLedger,
    run_id: str,
    query: Annotated[RepairQuery, Query()],
) -> Response:
    """One of them: the plan, how far it is, before and after, and what can be done with it now."""
    with ledger.reading() as (connection, now):
        frame = chrome(connection, "repairs")
    with transaction(services.resources.reader) as connection:
        found = repair_named(connection, run_id)
        record = repair_record(connection, found)
        items, cursor = _items(connection, record["run_id"], query, with_outputs=visitor.may_operate)
    state, total = RunState(record["state"]), sum(record["counts"].values())
    return show(
        request,
        visitor,
        "repair.html",
        **frame,
        run=record,
        is_taken_back=state in TAKEN_BACK,
        outcome=partial(outcome_words, words=visitor.words),
        remark=remark_words(problems_of(found, total), record["events"], visitor.words),
        total=total,
        pending=record["counts"].get("pending", 0),
        items=items,
        more=older(request, cursor),
        query=query,
        is_first_page=not query.cursor,
        flower=flower_list(services.settings, record["run_id"]),
        now=now,
        refresh=_REFRESH if state in _MOVING else 0,
    )


def _items(
    connection: Connection, run_id: str, query: RepairQuery, *, with_outputs: bool
) -> tuple[list[dict[str, Any]], str | None]:
    place = read_cursor(_ITEMS, query.cursor, 1)
    after = place_number(place[0]) if place else 0
    state = ItemState(query.state) if query.state else None
    found = item_lines(connection, run_id, ROWS + 1, state, after, with_outputs=with_outputs)
    page = found[:ROWS]
    return [item for _, item in page], write_cursor(_ITEMS, str(page[-1][0])) if len(found) > ROWS else None
