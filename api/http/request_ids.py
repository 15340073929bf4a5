"""One name for each request: kept from the client or made, sent back, and on every line that is logged meanwhile."""

import re
import time
import uuid
from http import HTTPStatus

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.faults import of_error
from api.http.problems import problem_answer
from consistency.one_line import one_line

HEADER = "X-Request-ID"
#: In the scope: what else the line of this request says.
FACTS = "reconcilery.facts"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", re.ASCII)
log = structlog.get_logger(__name__)


class RequestIds:
    """Logs a line a request, and answers what nobody else has answered."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        name = request_id(Headers(scope=scope).get(HEADER, ""))
        status, began = 0, time.perf_counter()
        facts: dict[str, str] = {}

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = name
            await send(message)

        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=name)
        try:
            await self.app({**scope, FACTS: facts}, receive, send_named)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets an answer and the log the rest
            answer = problem_answer(of_error(error))
            if not status:
                await answer(scope, receive, send_named)
        finally:
            seconds = round(time.perf_counter() - began, 4)
            level = log.warning if status >= HTTPStatus.INTERNAL_SERVER_ERROR else log.info
            path = one_line(scope["path"])  # A client may put into it what steers a terminal.
            level("http.request", method=scope["method"], path=path, status=status, seconds=seconds, **facts)


def request_id(given: str) -> str:
    """The client's own name for the request where it is one that can stand in a log, else a new one."""
    return given if _ID.fullmatch(given) else uuid.uuid4().hex
