"""From values and a template to a page, with the headers that keep it from doing anything but what it should."""

from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from jinja2 import Environment

from api.http.methods import HEAD_ONLY
from api.page.notes import forget_note, note_of
from api.page.static_files import addresses
from api.page.visitors import CHOICE_SECONDS, THEMES, VISIT, Visitor, keep
from api.page.wording import NAMES
from api.templating import environment

TEMPLATES = Path(__file__).with_name("templates")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
ICONS = {"healthy": "✔", "degraded": "⚠", "unhealthy": "✖", "unknown": "?"}
PLACES = ("overview", "missing", "repairs", "alerts", "runs", "events", "report")
PATHS = {"overview": "/", **{name: f"/{name}" for name in PLACES[1:]}}


def show(request: Request, visitor: Visitor, template: str, status: int = 200, **values: Any) -> Response:
    """The page of that template; `place` among the values marks where in the navigation it is."""
    note = note_of(request)
    response = Response(
        render(request, visitor, template, note=note, **values),
        status,
        media_type="text/html",
    )
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Vary"] = "Cookie, Accept-Language"
    if visitor.is_new:
        keep(request, response, VISIT, visitor.visit, CHOICE_SECONDS)
    if note and not request.scope.get(HEAD_ONLY) and "x-refresh" not in request.headers:
        forget_note(response)
    return response


def render(request: Request, visitor: Visitor, template: str, **values: Any) -> str:
    """Its text."""
    words = visitor.words
    common: dict[str, Any] = {
        "here": _here(request),
        "visitor": visitor,
        "words": words,
        "say": words.say,
        "known": words.known,
        "note": None,
        "place": "",
        "health": "",
        "refresh": 0,
        "open_alerts": 0,
    }
    return _environment().get_template(template).render({**common, **values})


def _here(request: Request) -> str:
    """Where to come back to; what a form was sent to cannot be looked at."""
    if request.method != "GET":
        return "/"
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


@cache
def _environment() -> Environment:
    found = environment(TEMPLATES)
    found.globals |= {
        "icons": ICONS,
        "places": PLACES,
        "paths": PATHS,
        "languages": NAMES,
        "themes": THEMES,
        "files": addresses(),
    }
    return found
