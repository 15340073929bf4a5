"""The few files that a page needs, each under an address that changes with what is in it."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Response

from api.charts.style import STYLE_FILE as CHART_STYLE
from api.http.problems import not_found
from api.report.page import STYLE_FILE as REPORT_STYLE
from consistency.json_faults import shown
from consistency.model import Health

FOLDER = Path(__file__).with_name("static")
_FOR_EVER = "public, max-age=31536000, immutable"
#: The dot in the tab: a colour and a shape for each health.
_DOTS = {
    Health.HEALTHY: '<circle cx="16" cy="16" r="13" fill="#2f9e5b"/><path d="M9 16l5 5 9-10" {stroke}/>',
    Health.DEGRADED: '<path d="M16 3l14 26H2z" fill="#d98f00"/><path d="M16 12v8M16 24v1" {stroke}/>',
    Health.UNHEALTHY: '<rect x="3" y="3" width="26" height="26" rx="5" fill="#d13f3f"/>'
    '<path d="M10 10l12 12M22 10L10 22" {stroke}/>',
    Health.UNKNOWN: '<circle cx="16" cy="16" r="13" fill="#8a63c9"/>'
    '<path d="M12 13a4 4 0 1 1 5 4l-1 2M16 24v.5" {stroke}/>',
}
_STROKE = 'fill="none" stroke="#fff" stroke-width="3.5" stroke-linecap="round" stroke-linejoin="round"'

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class StaticFile:
    """What is sent, and what a browser is to take it for."""

    content: bytes
    kind: str

    @property
    def mark(self) -> str:
        """Changes whenever the content does."""
        return hashlib.sha256(self.content).hexdigest()[:12]


@router.get("/static/{name}")
async def static_file(name: str) -> Response:
    """One of them; there is nothing else to be had."""
    found = static_files().get(name)
    if found is None:
        raise not_found(f"there is no file {shown(name)}")
    return Response(found.content, media_type=found.kind, headers={"Cache-Control": _FOR_EVER})


@cache
def static_files() -> dict[str, StaticFile]:
    """All of them by name."""
    styles = (FOLDER / "page.css", CHART_STYLE, REPORT_STYLE)
    icons = {f"{health}.svg": StaticFile(_dot(health), "image/svg+xml") for health in Health}
    return {
        "page.css": StaticFile(b"\n".join(style.read_bytes() for style in styles), "text/css"),
        "page.js": StaticFile((FOLDER / "page.js").read_bytes(), "text/javascript"),
        **icons,
    }


@cache
def addresses() -> dict[str, str]:
    """Where each of them is."""
    return {name: f"/static/{name}?{file.mark}" for name, file in static_files().items()}


def _dot(health: Health) -> bytes:
    drawn = _DOTS[health].format(stroke=_STROKE)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">{drawn}</svg>'.encode()
