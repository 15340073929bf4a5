"""`/missing`: the tasks that the checks know to lack their output, and from there to a repair."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from api.http.cursors import bad_cursor, read_cursor, write_cursor
from api.ledger import Ledger, UsesLedger
from api.page.chrome import chrome
from api.page.paging import ROWS, ListQuery, known_rule, older
from api.page.rendering import show
from api.page.visitors import FileVisit, Visit
from api.services import Services, UsesServices
from api.views.csv_cells import csv_cell
from api.views.missing import COLUMNS, Place, missing_page, missing_summary

_KIND = "missing"
_TOGETHER = 500

router = APIRouter(include_in_schema=False)


@router.get("/missing")
def missing(
    request: Request,
    visitor: Visit,
    services: UsesServices,
    ledger: UsesLedger,
    query: Annotated[ListQuery, Query()],
) -> Response:
    """What each kind of check counted, and the tasks by name."""
    settings, place = services.settings, _place(query.cursor)
    rules = _rules(services, query.rule)
    with ledger.reading() as (connection, now):
        frame = chrome(connection, "missing")
        summary = missing_summary(connection, settings, now, rules)
        found, following = missing_page(connection, settings, now, rules, ROWS, place)
    cursor = write_cursor(_KIND, *following.texts()) if following else None
    return show(
        request,
        visitor,
        "missing.html",
        **frame,
        summary=summary,
        tasks=found,
        older=older(request, cursor),
        rule=query.rule,
        rules=[rule.id for rule in settings.rules],
        repairable=[rule.id for rule in settings.rules if rule.child.columns and rule.id in rules],
        now=now,
    )


@router.get("/missing.csv")
def missing_csv(
    visitor: FileVisit, services: UsesServices, ledger: UsesLedger, query: Annotated[ListQuery, Query()]
) -> Response:
    """All of them as CSV, as they are stored."""
    del visitor
    lines = _lines(services, ledger, _rules(services, query.rule))
    name = {"Content-Disposition": 'attachment; filename="missing.csv"'}
    return StreamingResponse(lines, media_type="text/csv", headers=name)


def _lines(services: Services, ledger: Ledger, rules: list[str]) -> Iterator[str]:
    yield _written([COLUMNS])
    place: Place | None = Place()
    while place is not None:
        with ledger.reading() as (connection, now):
            found, place = missing_page(connection, services.settings, now, rules, _TOGETHER, place)
        yield _written([[csv_cell(record[name]) for name in COLUMNS] for record in found])


def _written(rows: Sequence[Sequence[object]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def _rules(services: Services, rule: str) -> list[str]:
    return [mapping.id for mapping in services.settings.rule_by_id(known_rule(services.settings, rule))]


def _place(cursor: str) -> Place:
    found = read_cursor(_KIND, cursor, 4)
    try:
        return Place.of_texts(*found) if found else Place()
    except (ValueError, OverflowError):
        raise bad_cursor() from None
