"""Bodies of requests: a mebibyte at most, all of it here before anything is done, JSON where something changes."""

import asyncio
import json
import shlex
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.examples import example_body
from api.http.problems import Problem, problem_answer

LARGEST = 1024 * 1024
#: How long a client may take to send its body.
_SECONDS = 30.0
_SHOWN = 200


class WholeBody:
    """Reads the body before the application is asked, so that no half of one is worked on."""

    def __init__(self, app: ASGIApp, seconds: float = _SECONDS) -> None:
        self.app = app
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            body = await asyncio.wait_for(_read(scope, receive), self.seconds)
        except Problem as problem:
            await problem_answer(problem)(scope, receive, send)
        except TimeoutError:
            await problem_answer(_unread(408, f"the body did not arrive in {self.seconds:g} s"))(scope, receive, send)
        else:
            if body is not None:
                await self.app(scope, _replayed(body, receive), send)


async def _read(scope: Scope, receive: Receive) -> bytes | None:
    """The whole body; None when the client has gone before its end."""
    length = Headers(scope=scope).get("content-length", "")
    if length.isdecimal() and int(length[:20]) > LARGEST:
        raise _too_large()
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if len(body) > LARGEST:
            raise _too_large()
        if not message.get("more_body"):
            return bytes(body)


def _replayed(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return waiting.pop() if waiting else await receive()

    return next_message


def _too_large() -> Problem:
    return _unread(413, f"the body is larger than {LARGEST} bytes; send it in several requests")


def _unread(status: int, detail: str) -> Problem:
    # The rest of the body is not read, so nothing else can come over this connection.
    return Problem(status, detail, headers={"Connection": "close"})


async def require_json(request: Request) -> None:
    """A Problem, with the line of curl that works, when there is a body of another type than JSON."""
    body = await request.body()
    kind = request.headers.get("content-type", "")
    plain = kind.partition(";")[0].strip().lower()
    if not body or plain == "application/json" or (plain.startswith("application/") and plain.endswith("+json")):
        return
    given = f"not {plain[:60]}" if plain else "and the request names no type"
    raise Problem(415, f"the body must be application/json, {given}; try: {_curl(request, body)}")


async def _json_body(request: Request) -> Any:
    body = await request.body()
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_no_number)
    except UnicodeDecodeError:
        raise _no_json("it is not UTF-8") from None
    except RecursionError:
        raise _no_json("it is nested too deeply") from None
    except json.JSONDecodeError as error:
        what = "it is empty" if not body.strip() else f"{error.msg} at character {error.pos}"
        raise _no_json(what) from None
    except ValueError as error:
        raise _no_json(str(error)) from None


#: For endpoints that look at the parsed body themselves.
JsonBody = Annotated[Any, Depends(_json_body)]


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number in JSON")


def _no_json(detail: str) -> Problem:
    detail = f"the body is no JSON: {detail}"
    return Problem(400, detail, errors=[{"pointer": "", "detail": detail}])


def _curl(request: Request, body: bytes) -> str:
    shown = _shown(body) or example_body(request)
    token = ["-H", "Authorization: Bearer YOUR_TOKEN"] if "authorization" in request.headers else []
    given = [*token, "-H", "Content-Type: application/json", "-d", shown]
    return shlex.join(["curl", "-X", request.method, str(request.url), *given])


def _shown(body: bytes) -> str:
    """The body as it was sent, or a file for it; empty where it would be refused with the right type as well."""
    try:
        text = body.decode("utf-8")
        found = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(found, dict | list):
        return ""
    return text if len(text) <= _SHOWN and text.isprintable() else "@body.json"
