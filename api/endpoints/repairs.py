"""Repairs over HTTP, to read: runs and plans, their tasks, their history."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from sqlalchemy import Connection

from api.description import PREFIX
from api.endpoints.fields import RuleName, is_id, json_answer
from api.http.callers import Reader
from api.http.cursors import Page, page_answer, read_cursor, write_cursor
from api.http.moments import cursor_behind, place_behind, place_number
from api.http.problems import not_found
from api.services import UsesServices
from api.views.repairs import item_lines, repair_lines, repair_record
from compensation.runs import Run, find_run
from compensation.states import ItemState, RunState
from consistency.database import transaction
from consistency.json_faults import shown
from consistency.model import parse_utc
from consistency.token_settings import Scope

_KIND, _ITEMS = "repairs", "items"

router = APIRouter(prefix=f"{PREFIX}/repairs", tags=["repairs"])


class RepairsQuery(Page):
    """What is left out fits everything."""

    rule: RuleName | None = Field(default=None, description="only of this rule")
    state: RunState | None = Field(default=None, description="only in this state")


class ItemsQuery(Page):
    """What is left out fits everything."""

    state: ItemState | None = Field(default=None, description="only tasks in this state")


@router.get("", summary="List repairs")
def list_repairs(
    request: Request, services: UsesServices, caller: Reader, query: Annotated[RepairsQuery, Query()]
) -> Response:
    """Runs and plans, the newest first."""
    del caller
    with transaction(services.resources.reader) as connection:
        place = place_behind(_KIND, query.cursor)
        found = repair_lines(connection, query.limit + 1, query.rule, query.state, place)
    page, more = found[: query.limit], len(found) > query.limit
    last = page[-1] if more else None
    cursor = cursor_behind(_KIND, parse_utc(last["created_at"]), last["run_id"]) if last else None
    return page_answer(request, "repairs", page, cursor)


@router.get("/{run_id}", summary="Show a repair")
def show_repair(services: UsesServices, caller: Reader, run_id: str) -> Response:
    """How it stands, what came of it, its history, and what can be done with it now (`can`)."""
    del caller
    with transaction(services.resources.reader) as connection:
        return json_answer(repair_record(connection, repair_named(connection, run_id)))


@router.get("/{run_id}/items", summary="List the tasks of a repair")
def list_items(
    request: Request, services: UsesServices, caller: Reader, run_id: str, query: Annotated[ItemsQuery, Query()]
) -> Response:
    """In the order of the plan, each with its outcome; who may operate also sees what the provider answered."""
    place = read_cursor(_ITEMS, query.cursor, 1)
    after = place_number(place[0]) if place else 0
    with transaction(services.resources.reader) as connection:
        run = repair_named(connection, run_id)
        sees_all = caller.scope is Scope.OPERATE
        found = item_lines(connection, run.id, query.limit + 1, query.state, after, with_outputs=sees_all)
    page = found[: query.limit]
    cursor = write_cursor(_ITEMS, str(page[-1][0])) if len(found) > query.limit else None
    return page_answer(request, "items", [item for _, item in page], cursor)


def repair_named(connection: Connection, run_id: str) -> Run:
    """The run of that id; a Problem when there is none."""
    run = find_run(connection, run_id) if is_id(run_id) else None
    if run is None:
        raise not_found(f"there is no repair {shown(run_id)}")
    return run
