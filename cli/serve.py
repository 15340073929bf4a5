"""`reconcilery serve`: the HTTP API of this checkout, in this process, until Ctrl-C."""

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click
import uvicorn

from api.app import create_app
from api.http.callers import is_open
from api.http.protocol import ProblemProtocol
from api.services import open_services
from cli.listener import address_of, listening
from cli.terminal import note
from consistency.errors import ConfigurationError
from consistency.logs import configure_logging
from consistency.settings import Settings, load_settings

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
#: How long answers that have begun may take to end.
_STOP_SECONDS = 10


@click.command(epilog="Example: reconcilery serve --port 8080")
@click.option("--host", metavar="ADDRESS", help="Where to listen; other than loopback needs api_tokens.")
@click.option("--port", type=click.IntRange(0, 65535), metavar="N", help="The port; 0 takes any that is free.")
def serve(*, host: str | None, port: int | None) -> None:
    """Answer HTTP: the API under /api/monitoring, its description at /docs; Ctrl-C ends it."""
    settings = _settings(host, port)
    configure_logging(settings, "api")
    with listening(settings.api_host, settings.api_port) as listener:
        server = _Server(settings, listener)
        server.run(sockets=[listener])
    note("Stopped")


def _settings(host: str | None, port: int | None) -> Settings:
    try:
        settings = load_settings({"api_host": host, "api_port": port})
    except ConfigurationError as error:
        raise ConfigurationError(str(error).replace("--api-", "--")) from None
    if not settings.api_tokens and not is_open(settings):
        raise ConfigurationError(
            f"api_host: {settings.api_host} can be reached from other machines, and there are no api_tokens;"
            " make one with `reconcilery config token`, or listen on 127.0.0.1"
        )
    open_services(settings).close()
    return settings


class _Server(uvicorn.Server):
    """Says when it answers, and ends with exit code 0 when it is asked to end."""

    def __init__(self, settings: Settings, listener: socket.socket) -> None:
        self._app = create_app(settings)
        host, port, *_ = listener.getsockname()
        self._address = address_of(settings.api_host if settings.api_host == "localhost" else host, port)
        super().__init__(
            uvicorn.Config(
                self._app,
                http=ProblemProtocol,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_STOP_SECONDS,
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        click.echo(f"Reconcilery answers at {self._address} and describes itself at {self._address}/docs")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if services := getattr(self._app.state, "services", None):
            services.stopping.set()
        if not self.should_exit:
            # A thread that waits for a frozen server cannot be stopped, and would keep the process for as long.
            timer = threading.Timer(2 * _STOP_SECONDS, os._exit, (1,))
            timer.daemon = True
            timer.start()
        super().handle_exit(sig, frame)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As in the library, but a signal that was obeyed is not raised once more afterwards."""
        before = {number: signal.signal(number, self.handle_exit) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
