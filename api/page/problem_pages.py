"""Errors as pages: what a browser asks for gets its problem in words and in the page's look, programs get JSON."""

import json
from typing import Any

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.faults import of_error
from api.http.problems import MEDIA_TYPE, problem_answer
from api.page.leading import wants_html
from api.page.rendering import POLICY, render
from api.page.visitors import visitor_at
from api.page.wording import PHRASES
from consistency.settings import Settings

_OF_PROGRAMS = ("/api/", "/docs", "/openapi.json", "/metrics", "/livez", "/readyz")
_RETRIED = {408, 429, 500, 503}


class ProblemPages:
    """Turns a problem into a page where the request wants HTML and is not for programs."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _wants_page(scope):
            await self.app(scope, receive, send)
            return
        answer = _Answer(Request(scope), self.settings, send)
        try:
            await self.app(scope, receive, answer.take)
        except Exception as error:
            if answer.has_begun:
                raise
            await problem_answer(of_error(error))(scope, receive, answer.take)


class _Answer:
    """Passes an answer on, but keeps a problem back until it is whole."""

    def __init__(self, request: Request, settings: Settings, send: Send) -> None:
        self._request = request
        self._settings = settings
        self._send = send
        self._start: Message | None = None
        self._body = bytearray()
        self.has_begun = False

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_problem(message):
            self._start = message
        elif self._start is None or message["type"] != "http.response.body":
            self.has_begun = True
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._send_page(self._start)

    async def _send_page(self, start: Message) -> None:
        body = _page(self._request, self._settings, json.loads(self._body)).encode()
        headers = MutableHeaders(raw=list(start["headers"]))
        headers["Content-Type"] = "text/html; charset=utf-8"
        headers["Content-Length"] = str(len(body))
        headers["Content-Security-Policy"] = POLICY
        await self._send({**start, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": body})


def _page(request: Request, settings: Settings, problem: dict[str, Any]) -> str:
    visitor = visitor_at(request, settings, None)
    key = f"problem_{problem['status']}"
    title = visitor.words.say(key) if key in PHRASES["en"] else problem["title"]
    found = {
        "detail": problem["detail"],
        "errors": problem.get("errors", []),
        "request_id": problem.get("request_id"),
    }
    errors = found["errors"] if len(found["errors"]) > 1 else []
    retry = problem["status"] in _RETRIED and request.method == "GET"
    return render(
        request,
        visitor,
        "problem.html",
        **{**found, "errors": errors},
        title=title,
        retry=retry,
    )


def _is_problem(message: Message) -> bool:
    return Headers(raw=message["headers"]).get("content-type", "").startswith(MEDIA_TYPE)


def _wants_page(scope: Scope) -> bool:
    of_people = scope["method"] != "HEAD" and not scope["path"].startswith(_OF_PROGRAMS)
    return of_people and wants_html(Headers(scope=scope))
