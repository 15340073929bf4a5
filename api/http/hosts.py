"""Requests that a browser was led to make: under a foreign name for this machine, or from a page of somebody else."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.http.problems import Problem, problem_answer
from api.http.tokens import is_loopback
from consistency.json_faults import shown
from consistency.settings import Settings

_SAFE = {"GET", "HEAD", "OPTIONS"}
#: What a browser says of a page that is not ours; another port of the same machine is another site's page, too.
_FOREIGN = {"cross-site", "same-site"}
_PORTS = {"http": 80, "https": 443}


class OwnHosts:
    """On loopback a name that is not ours is refused; everywhere a change that another site's page asks for."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.public = urlsplit(settings.public_url).hostname or ""
        self.public_origin = _origin(settings.public_url)
        self.any_name = not is_loopback(settings.api_host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (problem := self._problem(scope["method"], Headers(scope=scope))):
            await problem_answer(problem)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _problem(self, method: str, headers: Headers) -> Problem | None:
        host = headers.get("host", "")
        if not self._is_ours(host):
            known = "localhost and 127.0.0.1" + (f" and {self.public}" if self.public else "")
            return Problem(421, f"this server is not called {shown(host)} but {known}; public_url names another")
        if method in _SAFE:
            return None
        origin = headers.get("origin")
        foreign = origin is not None and not self._is_same(origin, host)
        if foreign or headers.get("sec-fetch-site") in _FOREIGN:
            return Problem(403, f"a page of {shown(origin)} may change nothing here")
        return None

    def _is_ours(self, host: str) -> bool:
        name = _name(f"//{host}")
        return self.any_name or (bool(name) and (is_loopback(name) or name == self.public))

    def _is_same(self, origin: str, host: str) -> bool:
        found = _origin(origin)
        return found is not None and (urlsplit(origin).netloc.lower() == host.lower() or found == self.public_origin)


def _origin(address: str) -> tuple[str, str, int | None] | None:
    """Scheme, name and port, which all have to be the same; None for what is no address."""
    try:
        parts = urlsplit(address)
        name, port = parts.hostname, parts.port
    except ValueError:
        return None
    return (parts.scheme, name.lower(), port or _PORTS.get(parts.scheme)) if name else None


def _name(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""
