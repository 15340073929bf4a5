"""One local server that speaks as the providers of chats do, by a clock of its own, and misbehaves when it is told to.

Within a test: `with chats() as server`, then `server.url("feishu")` is what a channel's settings take.
"""

from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from tests.servers.certificates import speak_tls
from tests.servers.chat_protocols import PATHS, Bot, keep_incident, limited, refusal, success
from tests.servers.talking import Request, Response, Talking, serving

PAGE = b"<!doctype html><html><body>Please log in</body></html>"
#: How many messages a bot may send in how many seconds, all of which hold, and for how long it is then shut out.
LIMITS: dict[str, tuple[tuple[int, float, float], ...]] = {
    "feishu": ((5, 1, 0), (100, 60, 0)),
    "lark": ((5, 1, 0), (100, 60, 0)),
    "dingtalk": ((20, 60, 600),),
    "wecom": ((20, 60, 0),),
    "slack": ((3, 3, 0),),
    "pagerduty": (),
}
MISCHIEF = {
    "html": Response(200, PAGE, {"Content-Type": "text/html"}),
    "empty": Response(200),
    "no_code": Response(200, b'{"hello": "world"}'),
    "a_list": Response(200, b"[0]"),
    "broken_json": Response(200, b'{"code": 0, "errcode": 0'),
    "close": Response(trick="close"),
    "half": Response(200, b'{"code": 0, "errcode": 0, "StatusCode": 0}', trick="half"),
    "huge": Response(200, b"1", trick="huge"),
    "trickle_head": Response(trick="trickle_head"),
    "trickle_body": Response(trick="trickle_body"),
    "moved": Response(301, headers={"Location": "http://127.0.0.1:1/elsewhere"}),
    "redirect": Response(302, PAGE, {"Location": "http://127.0.0.1:1/login"}),
    "too_many": Response(429, b"slow down", {"Retry-After": "42"}),
    "failed": Response(500, PAGE),
    "maintenance": Response(503, PAGE, {"Retry-After": "120"}),
    "forbidden": Response(403, PAGE),
    "gone": Response(410, PAGE),
    "teapot": Response(418, PAGE),
}


class Chats:
    """`taken` holds what each kind has accepted; `bot` what its bots are set up with; `now` is the server's clock."""

    def __init__(self, now: datetime, found: Path | None = None) -> None:
        self.now = now
        self.bot = Bot()
        self.seen: list[Request] = []
        self.taken: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.waiting: deque[Response] = deque()
        self.always: Response | None = None
        self.limits = dict(LIMITS)
        self._sent: dict[str, list[float]] = defaultdict(list)
        self._shut_until: dict[str, float] = defaultdict(float)
        self._lock = Lock()
        self.server = Talking(self._answer)
        self._scheme = "https" if found else "http"
        if found:
            speak_tls(self.server, found)

    @property
    def host(self) -> str:
        return urlsplit(self.server.url).netloc

    def url(self, kind: str) -> str:
        """The address of the kind's bot."""
        return f"{self._scheme}://{self.host}{PATHS[kind]}"

    def will_answer(self, *answers: str | Response) -> None:
        """These, one a request, by their names in MISCHIEF or as they are, before it is honest again."""
        self.waiting.extend(MISCHIEF[answer] if isinstance(answer, str) else answer for answer in answers)

    def forward(self, span: timedelta) -> None:
        """Let time go by on the server's clock."""
        self.now += span

    def _answer(self, request: Request) -> Response:
        with self._lock:
            self.seen.append(request)
            if self.waiting:
                return self.waiting.popleft()
            if self.always is not None:
                return self.always
            return self._honestly(request)

    def _honestly(self, request: Request) -> Response:
        kind = _kind(request.path)
        if kind is None or request.method != "POST":
            return Response(404, PAGE, {"Content-Type": "text/html"})
        if not self._may_send(kind):
            return limited(kind)
        refused = refusal(kind, request, self.bot, self.now.timestamp())
        if refused:
            return refused
        self.taken[kind].append(request.json())
        if kind == "pagerduty":
            keep_incident(self.bot, request.json())
        return success(kind, request)

    def _may_send(self, kind: str) -> bool:
        now, sent = self.now.timestamp(), self._sent[kind]
        if now < self._shut_until[kind]:
            return False
        for calls, seconds, shut in self.limits[kind]:
            if sum(now - at < seconds for at in sent) >= calls:
                self._shut_until[kind] = now + shut
                return False
        sent.append(now)
        return True


def _kind(path: str) -> str | None:
    starts = {
        "/open-apis/": "feishu",
        "/robot/": "dingtalk",
        "/cgi-bin/": "wecom",
        "/services/": "slack",
        "/v2/": "pagerduty",
    }
    return next((kind for start, kind in starts.items() if path.startswith(start)), None)


@contextmanager
def chats(now: datetime | None = None, found: Path | None = None) -> Iterator[Chats]:
    """The server for the time of the block; over TLS with the certificate `found`."""
    server = Chats(now or datetime.now(UTC), found)
    with serving(server.server):
        yield server
