"""A report as HTML: one file with everything in it, or the part that another page embeds. No script, no address."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from jinja2 import Environment

from api.charts.style import chart_style
from api.charts.svg import Svg
from api.report.document import Badge, Code, Document, Facts, Figure, Paragraph, Table
from api.templating import environment

FOLDER = Path(__file__).parent / "templates"
#: The rules of the report's own elements; those of the charts are in api/charts/charts.css.
STYLE_FILE = FOLDER / "report.css"

_ICONS = {"healthy": "✔", "degraded": "⚠", "unhealthy": "✖", "unknown": "?"}
_LANGUAGES = {"en": "en", "zh": "zh-Hans"}


def whole_page(document: Document) -> str:
    """A page that can be mailed, opened from a disk and printed: its only style is inside."""
    style = Svg(f"{_style()}\n{chart_style()}")
    language = _LANGUAGES[document.language]
    return _environment().get_template("page.html").render(document=document, style=style, language=language)


def embedded(document: Document) -> Svg:
    """The same without a page around it: an `article` for a page that brings both style files itself."""
    return Svg(_environment().get_template("article.html").render(document=document))


@cache
def _style() -> str:
    return STYLE_FILE.read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    found = environment(FOLDER)
    kinds = {"table": Table, "facts": Facts, "figure": Figure, "paragraph": Paragraph, "badge": Badge, "code": Code}
    found.tests |= {name: _is(kind) for name, kind in kinds.items()}
    found.globals["icons"] = _ICONS
    return found


def _is(kind: type) -> Callable[[object], bool]:
    return lambda value: isinstance(value, kind)
