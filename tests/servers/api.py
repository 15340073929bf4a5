"""The HTTP API on a free port of this machine, answered by a thread of the test's own process."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.http.protocol import ProblemProtocol
from cli.up.ports import LOCALHOST, free_port
from consistency.settings import Settings

PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Api:
    """Where it answers, and with which token it is asked."""

    url: str
    app: FastAPI
    token: str = ""

    def ask(self, method: str, path: str, **how: Any) -> requests.Response:
        """Any request; `headers` come beside the token's."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= how.pop("headers", {})
        return requests.request(method, self.url + path, headers=headers, timeout=PATIENCE_SECONDS, **how)

    def get(self, path: str, **how: Any) -> requests.Response:
        return self.ask("GET", path, **how)

    def post(self, path: str, **how: Any) -> requests.Response:
        return self.ask("POST", path, **how)


@contextmanager
def answering(settings: Settings, token: str = "", app: FastAPI | None = None) -> Iterator[Api]:
    """The API from its first answer to the end of the block."""
    app = app or create_app(settings)
    config = uvicorn.Config(
        app,
        host=LOCALHOST,
        port=free_port(),
        http=ProblemProtocol,
        log_config=None,
        access_log=False,
        server_header=False,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not server.started:
        assert thread.is_alive(), "the server ended before it answered"
        assert time.monotonic() < deadline, "the server does not answer"
        time.sleep(0.01)
    try:
        yield Api(f"http://{LOCALHOST}:{config.port}", app, token)
    finally:
        app.state.services.stopping.set()
        server.should_exit = True
        thread.join(PATIENCE_SECONDS)
