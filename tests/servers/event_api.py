"""An event interface as the HTTP API has one: takes arrays all or not at all, and can be told to misbehave."""

import json
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from tests.servers.talking import Request, Response, Talking, json_response, serving

PATH = "/api/monitoring/events"


class EventApi:
    """Keeps events by id; `answers` come first, and what is kept in `wrong` is refused by its place in the array."""

    def __init__(self, token: str = "") -> None:
        self.token = token
        self.answers: deque[Response] = deque()
        self.seen: list[Request] = []
        self.kept: dict[str, dict[str, Any]] = {}
        #: Reasons by the id of the event.
        self.wrong: dict[str, str] = {}
        self.most_bytes = 1024 * 1024
        self._lock = Lock()
        self.server = Talking(self._answer)

    @property
    def url(self) -> str:
        return self.server.url

    def _answer(self, request: Request) -> Response:
        with self._lock:
            self.seen.append(request)
            return self.answers.popleft() if self.answers else self._honestly(request)

    def _honestly(self, request: Request) -> Response:
        if (request.method, request.path) != ("POST", PATH):
            return Response(404)
        if self.token and request.headers.get("authorization") != f"Bearer {self.token}":
            return json_response({"detail": "no such token"}, 401)
        if len(request.body) > self.most_bytes:
            return json_response({"detail": "too large"}, 413)
        return self._take(json.loads(request.body))

    def _take(self, found: list[dict[str, Any]]) -> Response:
        places = {at: self.wrong[event["id"]] for at, event in enumerate(found) if event["id"] in self.wrong}
        if places:
            errors = [{"pointer": f"/{at}/level", "detail": reason} for at, reason in places.items()]
            return json_response({"title": "wrong", "errors": errors}, 422)
        self.kept.update({event["id"]: event for event in found})
        return json_response({"stored": len(found), "ids": [event["id"] for event in found]}, 202)


@contextmanager
def listening(token: str = "") -> Iterator[EventApi]:
    """An event interface for the time of the block."""
    api = EventApi(token)
    with serving(api.server):
        yield api
