"""A report in each of its formats; the command line and the page use these."""

import json
from typing import Any

from api.charts.svg import Svg
from api.report.markdown import markdown
from api.report.page import embedded, whole_page
from api.report.writing import document_of

Report = dict[str, Any]


def report_html(report: Report, language: str = "en") -> str:
    """One self-contained page in `en` or `zh`."""
    return whole_page(document_of(report, language))


def report_article(report: Report, language: str = "en") -> Svg:
    """The same as part of a page that brings report.css and charts.css."""
    return embedded(document_of(report, language))


def report_markdown(report: Report, language: str = "en") -> str:
    """The same as Markdown, charts in words."""
    return markdown(document_of(report, language))


def report_json(report: Report) -> str:
    """The values themselves, on one line."""
    return json.dumps(report, ensure_ascii=False)
