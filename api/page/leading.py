"""Ways from one page to another, which never lead away from this server."""

from collections.abc import Mapping
from urllib.parse import quote, urlencode, urlsplit

from fastapi import Request, Response


class LeadTo(Exception):
    """Raised anywhere while a page is made: the browser is to look elsewhere."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


async def lead(request: Request, error: Exception) -> Response:
    """The answer that sends it there."""
    del request
    assert isinstance(error, LeadTo)
    return see_other(error.path)


def see_other(path: str) -> Response:
    """Look at that path next, with GET."""
    return Response(
        status_code=303,
        headers={"Location": quote(path, safe="/?&=%:+,;@~!$'()*#[]-._")},
    )


def wants_html(headers: Mapping[str, str]) -> bool:
    """Whether HTML is asked for by its name, as browsers do and programs do not."""
    return "text/html" in headers.get("accept", "").lower()


def login_path(request: Request) -> str:
    """Where somebody is let in, and from where they come back to what they wanted to see."""
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"/login?{urlencode({'next': wanted})}" if request.method == "GET" and wanted != "/" else "/login"


def own_path(given: str, otherwise: str = "/") -> str:
    """The path if it is one of this server, so that nobody can be led astray by a link."""
    if not given.startswith("/") or given.startswith(("//", "/\\")) or not given.isprintable() or "\\" in given:
        return otherwise
    try:
        parts = urlsplit(given)
    except ValueError:
        return otherwise
    return otherwise if parts.scheme or parts.netloc else given
