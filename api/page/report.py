"""`/report`: a stretch of time for people who were not there; the same as `reconcilery report`."""

from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

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
from consistency.errors import BadRequest

#: What the two ends of the window are called, on the command line and in short.
_START, _END = ("start_date", "from"), ("end_date", "to")
_WINDOW = {"start_date", "end_date", "begin", "until"}

router = APIRouter(include_in_schema=False)


class ReportQuery(ListQuery):
    """Of which stretch of time; dates as on the command line, the last 14 days unless said."""

    start_date: str = ""
    end_date: str = ""
    begin: str = Field(default="", alias="from", description="the same as start_date")
    until: str = Field(default="", alias="to", description="the same as end_date")

    def bound(self, name: str, short: str) -> tuple[str, str]:
        """One end of the window as it was typed, and the name that it was given by; BadRequest for both names."""
        texts = {key: str(text).strip() for key, text in self.model_dump(by_alias=True, include=_WINDOW).items()}
        if texts[name] and texts[short]:
            raise BadRequest(f"{short}: cannot be combined with {name}; give one of them")
        return (texts[short], short) if texts[short] else (texts[name], name)

    def asked(self) -> dict[str, str]:
        """All that is asked for, by the names of the form."""
        return {"start_date": self.bound(*_START)[0], "end_date": self.bound(*_END)[0], "rule": self.rule}


@router.get("/report")
def report(
    request: Request, visitor: Visit, services: UsesServices, ledger: UsesLedger, query: Annotated[ReportQuery, Query()]
) -> Response:
    """The report on a page."""
    found = _report(services, ledger, query)
    with ledger.reading() as (connection, _):
        frame = chrome(connection, "report")
    now, asked = standing(found, visitor.words.report), query.asked()
    given = {name: text for name, text in asked.items() if text}
    return show(
        request,
        visitor,
        "report.html",
        **frame,
        article=report_article(found, visitor.words.language),
        health=now.health,
        verdict=now.headline,
        query=asked,
        asked=f"?{urlencode(given)}" if given else "",
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
        (start, start_name), (end, end_name) = query.bound(*_START), query.bound(*_END)
        names = (start_name, end_name)
        window = report_window(start or None, end or None, ZoneInfo(settings.timezone), now, names)
    return report_of(services.resources, window, rule, now)


def _file(text: str, kind: str, ending: str) -> Response:
    name = {"Content-Disposition": f'attachment; filename="report.{ending}"'}
    return Response(text, media_type=kind, headers=name)
