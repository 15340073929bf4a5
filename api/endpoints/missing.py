"""Tasks without their output over HTTP: those that the checks have found, and, for who may, a fresh list of all."""

import csv
import io
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from api.description import PREFIX
from api.endpoints.fields import RuleName, TimeText, also, json_answer
from api.export import export_of
from api.http.callers import MAY_READ, Operator
from api.http.cursors import Page, bad_cursor, page_answer, read_cursor, write_cursor
from api.ledger import UsesLedger
from api.services import UsesServices
from api.views.csv_cells import csv_cell
from api.views.missing import COLUMNS, Place, missing_page, missing_summary

CSV = "text/csv"
_KIND = "missing"
_LISTS = also(200, "The tasks.", "application/json", CSV)

router = APIRouter(prefix=f"{PREFIX}/data-consistency/missing", tags=["missing"])


class MissingQuery(Page):
    """What is left out fits everything."""

    rule: RuleName | None = Field(default=None, description="only of this rule")


class SummaryQuery(BaseModel):
    """What is left out fits everything."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: RuleName | None = Field(default=None, description="only of this rule")


class Export(BaseModel):
    """Which tasks; dates as on the command line."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra={"examples": [{"start_date": "now-24h"}]})

    start_date: TimeText | None = Field(default=None, description="finished from then on; for 24 hours unless said")
    end_date: TimeText | None = Field(default=None, description="finished before that date's end; now unless said")
    rule: RuleName | None = Field(default=None, description="of this rule; needed where there are several")


@router.get("", dependencies=[MAY_READ], summary="List missing tasks that the checks have found", responses=_LISTS)
def list_missing(
    request: Request, services: UsesServices, ledger: UsesLedger, query: Annotated[MissingQuery, Query()]
) -> Response:
    """All of the quick check, then samples of the longer ones; as CSV with `Accept: text/csv`.

    `GET missing/summary` says how many there are.
    """
    rules, place = _rules(services, query.rule), _place(query.cursor)
    with ledger.reading() as (connection, now):
        found, following = missing_page(connection, services.settings, now, rules, query.limit, place)
    cursor = write_cursor(_KIND, *following.texts()) if following else None
    answer = page_answer(request, "missing", found, cursor)
    if wants_csv(request):
        link = {"Link": answer.headers["Link"]} if cursor else {}
        return Response(_csv(found), media_type=CSV, headers=link)
    return answer


@router.get("/summary", dependencies=[MAY_READ], summary="Count missing tasks that the checks have found")
def summarise_missing(services: UsesServices, ledger: UsesLedger, query: Annotated[SummaryQuery, Query()]) -> Response:
    """What the latest check of each kind counted, and when."""
    with ledger.reading() as (connection, now):
        found = missing_summary(connection, services.settings, now, _rules(services, query.rule))
    return json_answer({"schema_version": 1, "checks": found})


@router.post("/export", summary="List all missing tasks as they are now", responses=_LISTS)
def export_missing(request: Request, caller: Operator, services: UsesServices, body: Export) -> StreamingResponse:
    """Reads the application's database; oldest first, as JSON, or as CSV with `Accept: text/csv`.

    An answer that breaks off is not complete: its last line or brace is missing.
    """
    del caller
    as_csv = wants_csv(request)
    pieces = export_of(services.settings, body.start_date, body.end_date, body.rule, as_csv=as_csv)
    kind, name = (CSV, "missing.csv") if as_csv else ("application/json", "missing.json")
    return StreamingResponse(pieces, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def wants_csv(request: Request) -> bool:
    """Whether the client asks for CSV by name."""
    accepted = request.headers.get("accept", "").lower().split(",")
    return any(each.partition(";")[0].strip() == CSV for each in accepted)


def _rules(services: UsesServices, rule: str | None) -> list[str]:
    return [mapping.id for mapping in services.settings.rule_by_id(rule)]


def _place(cursor: str) -> Place:
    found = read_cursor(_KIND, cursor, 4)
    try:
        return Place.of_texts(*found) if found else Place()
    except (ValueError, OverflowError):
        raise bad_cursor() from None


def _csv(found: Sequence[dict[str, Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([csv_cell(record[name]) for name in COLUMNS] for record in found)
    return out.getvalue()
