"""A receiver of webhooks that checks what it gets as a careful one does, records it, and can be told to misbehave."""

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ssl import SSLContext
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.servers.talking import Request, Response, Talking, serving


@dataclass(frozen=True)
class Received:
    """One attempt that was taken."""

    id: str
    request: Request

    @property
    def event(self) -> dict[str, Any]:
        return self.request.json()


class WebhookReceiver:
    """Answers 204 to what is signed by `key`, and 401 to everything else; `answers` come first, in their order."""

    def __init__(self, key: str = "", context: SSLContext | None = None) -> None:
        self.key = key
        self.scheme = "https" if context else "http"
        self.answers: deque[Response] = deque()
        #: Every request, also those that were refused.
        self.seen: list[Request] = []
        #: What was taken, also what came again.
        self.received: list[Received] = []
        self._lock = Lock()
        self.server = Talking(self._answer)
        if context:
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}/hook/secret-path-0123456789"

    @property
    def host(self) -> str:
        return urlsplit(self.server.url).netloc

    def will_answer(self, *answers: Response) -> None:
        """These, one a request, before it is honest again."""
        self.answers.extend(answers)

    def events(self) -> dict[str, dict[str, Any]]:
        """What was taken, once each, by its id."""
        return {found.id: found.event for found in self.received}

    def _answer(self, request: Request) -> Response:
        with self._lock:
            self.seen.append(request)
            if self.answers:
                return self.answers.popleft()
        if not self._is_genuine(request):
            return Response(401)
        with self._lock:
            self.received.append(Received(request.headers["webhook-id"], request))
        return Response(204)

    def _is_genuine(self, request: Request) -> bool:
        if request.method != "POST" or "webhook-id" not in request.headers:
            return False
        try:
            if self.key:
                Webhook(self.key).verify(request.body, dict(request.headers), json_parse=False)
        # The library raises a plain ValueError for a header that it cannot take apart.
        except (WebhookVerificationError, ValueError):
            return False
        return True


@contextmanager
def receiving(
    key: str = "", answers: Iterable[Response] = (), context: SSLContext | None = None
) -> Iterator[WebhookReceiver]:
    """A receiver for the time of the block; with a context it speaks TLS."""
    receiver = WebhookReceiver(key, context)
    receiver.will_answer(*answers)
    with serving(receiver.server):
        yield receiver
