"""`/report`: a stretch of time for people who were not there; the same as `reconcilery report`."""

from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response

from api.ledger import Ledger, UsesLedger
from api.page.chrome import chrome
from api.page.paging import ListQuery, known_rule
from api.page.rendering import show
from api.page.visitors import FileVisit, Visit
from api.report.formats import report_article, report_html, report_json, report_markdown
from api.report.lead import standing
from api.report.report import report_of
from api.report.window import report_window
from api.services import Services, UsesServices

router = APIRouter(include_in_schema=False)


class ReportQuery(ListQuery):
    """Of which stretch of time; dates as on the command line, the last 14 days unless said."""

    start_date: str = ""
    end_date: str = ""


@router.get("/report")
def report(
    request: Request, visitor: Visit, services: UsesServices, ledger: UsesLedger, query: Annotated[ReportQuery, Query()]
) -> Response:
    """The report on a page."""
    found = _report(services, ledger, query)
    with ledger.reading() as (connection, _):
        frame = chrome(connection, "report")
    now = standing(found, visitor.words.report)
    asked = {name: getattr(query, name) for name in ("start_date", "end_date", "rule") if getattr(query, name)}
    return show(
        request,
        visitor,
        "report.html",
        **frame,
        article=report_article(found, visitor.words.language),
        health=now.health,
        verdict=now.headline,
        query=query,
        asked=f"?{urlencode(asked)}" if asked else "",
        rules=[rule.id for rule in services.settings.rules],
    )


@router.get("/report.html")
def report_page(
    visitor: FileVisit, services: UsesServices, ledger: UsesLedger, query: Annotated[ReportQuery, Query()]
) -> Response:
    """One self-contained file to keep or to send."""
    return _file(report_html(_report(services, ledger, query), visitor.words.language), "text/html", "html")


@router.get("/report.md")
def report_text(
    visitor: FileVisit, services: UsesServices, ledger: UsesLedger, query: Annotated[ReportQuery, Query()]
) -> Response:
    """The same as Markdown."""
    return _file(report_markdown(_report(services, ledger, query), visitor.words.language), "text/markdown", "md")


@router.get("/report.json")
def report_values(
    visitor: FileVisit, services: UsesServices, ledger: UsesLedger, query: Annotated[ReportQuery, Query()]
) -> Response:
    """Its values."""
    del visitor
    return _file(report_json(_report(services, ledger, query)), "application/json", "json")


def _report(services: Services, ledger: Ledger, query: ReportQuery) -> dict[str, Any]:
    settings = services.settings
    rule = known_rule(settings, query.rule) or settings.rules[0].id
    with ledger.reading() as (_, now):
        names = ("start_date", "end_date")
        start, end = query.start_date.strip() or None, query.end_date.strip() or None
        window = report_window(start, end, ZoneInfo(settings.timezone), now, names)
    return report_of(services.resources, window, rule, now)


def _file(text: str, kind: str, ending: str) -> Response:
    name = {"Content-Disposition": f'attachment; filename="report.{ending}"'}
    return Response(text, media_type=kind, headers=name)
