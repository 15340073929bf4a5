"""Which methods a path takes: HEAD wherever it takes GET, and all of them by name when another one comes."""

from fastapi import Request
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
#: In the scope of a request that wants to know how the answer to GET would begin.
HEAD_ONLY = "reconcilery.head_only"


class HeadLikeGet:
    """Answers HEAD as GET without the body, which monitors ask for."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app({**scope, "method": "GET", HEAD_ONLY: True}, receive, send_head)


def allowed_methods(request: Request) -> list[str]:
    """What the path of the request takes, for the header Allow."""
    found = [method for method in _METHODS if _takes(request, method)]
    return ["GET", "HEAD", *found[1:]] if "GET" in found else found


def _takes(request: Request, method: str) -> bool:
    scope = {**request.scope, "method": method}
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)
