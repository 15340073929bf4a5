"""A server that answers with all that it was sent, in every form that servers write such things in."""

import html
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Lock
from urllib.parse import parse_qs, quote, quote_plus, urlsplit

from tests.servers.certificates import speak_tls
from tests.servers.talking import Request, Response, Talking, json_response, serving

#: How it answers, by name; each but the tricks holds what was asked.
MANNERS = (
    "a page",
    "a page of success",
    *(f"code {code}" for code in (1, 19021, 19024, 9499, 310000, 130101, 93000, 45009)),
    *(f"status {status}" for status in (400, 401, 403, 404, 410, 413, 418, 429, 500, 503)),
    *(f"redirect {status}" for status in (301, 302, 307)),
    "close",
    "half",
    "huge",
    "trickle_head",
    "trickle_body",
)


class Echoing:
    """`manner` is one of MANNERS; `said` is everything that was answered, `seen` everything that was asked."""

    def __init__(self, certificate: Path | None = None) -> None:
        self.manner = MANNERS[0]
        self.seen: list[Request] = []
        self.said: list[str] = []
        self._lock = Lock()
        self.server = Talking(self._answer)
        self._scheme = "https" if certificate else "http"
        if certificate:
            speak_tls(self.server, certificate)

    @property
    def host(self) -> str:
        return urlsplit(self.server.url).netloc

    def url(self, rest: str, account: str = "") -> str:
        """An address of this server's, perhaps with an account."""
        return f"{self._scheme}://{account}{self.host}{rest}"

    def signatures(self) -> set[str]:
        """Those of all requests."""
        found: set[str] = set()
        for request in self.seen:
            found |= {each.removeprefix("v1,") for each in request.headers.get("webhook-signature", "").split()}
            found |= {*parse_qs(urlsplit(request.path).query).get("sign", []), str(request.json().get("sign", ""))}
        return found - {""}

    def _answer(self, request: Request) -> Response:
        response = self._response(request, forms(self._asked(request)))
        with self._lock:
            self.seen.append(request)
            self.said.append(response.body.decode())
        return response

    def _asked(self, request: Request) -> str:
        headers = "\n".join(f"{name}: {value}" for name, value in request.headers.items())
        return f"{request.method} {self.url(request.path)}\n{headers}\n\n{request.body.decode()}"

    def _response(self, request: Request, told: list[str]) -> Response:
        kind, _, value = self.manner.partition(" ")
        page = Response(500, "\n".join(told).encode(), {"Content-Type": "text/html", "Retry-After": told[1][:900]})
        match kind:
            case "code":
                return coded(int(value), told)
            case "status":
                return replace(page, status=int(value))
            case "redirect":
                return replace(page, status=int(value), headers={"Location": self.url(request.path)})
            case "a":
                return replace(page, status=200 if value.endswith("success") else 500)
        return replace(page, trick=kind, body=b"12" if kind == "huge" else page.body)


def coded(code: int, told: list[str]) -> Response:
    """What chats answer, with one form after another in the fields that they explain it in."""
    words = dict(zip(("msg", "errmsg", "message", "StatusMessage"), told, strict=False))
    return json_response({"code": code, "errcode": code, **words, "errors": told})


def forms(text: str) -> list[str]:
    """The text as it is, and as addresses, JSON, HTML and base64 have it."""
    quoted = quote(text, safe="")
    escaped = json.dumps(text)
    careful = escaped
    for character in "<>&='+":
        careful = careful.replace(character, f"\\u{ord(character):04x}")
    words = [word for line in text.splitlines() for word in line.split()]
    return [
        text,
        quoted,
        quote(text),
        quote_plus(text),
        quote(quoted, safe=""),
        escaped.replace("/", "\\/"),
        careful,
        html.escape(text),
        html.escape(html.escape(text)).replace("=", "&#61;").replace("/", "&#x2F;"),
        b64encode(text.encode()).decode(),
        urlsafe_b64encode(text.encode()).decode(),
        *(b64encode(word.encode()).decode() for word in words),
    ]


@contextmanager
def echoing(certificate: Path | None = None) -> Iterator[Echoing]:
    """The server for the time of the block; over TLS with a certificate."""
    server = Echoing(certificate)
    with serving(server.server):
        yield server
