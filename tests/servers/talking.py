"""A small HTTP server for tests: fast enough for load, and able to do what no honest server does."""

import json
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

LINE = 65536
TICK = 0.02
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Request:
    """What was asked; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """The body as an object, or an empty one."""
        with suppress(ValueError):
            found = json.loads(self.body)
            return found if isinstance(found, dict) else {}
        return {}


@dataclass(frozen=True)
class Response:
    """What is answered, and how: `trick` is close, trickle_head, trickle_body, huge, half or "" for honestly."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    trick: str = ""
    wait: float = 0.0


def json_response(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The body as JSON."""
    return Response(status, json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})})


Answering = Callable[[Request], Response]


class Talking(socketserver.ThreadingTCPServer):
    """Answers each request on 127.0.0.1; connections are kept open."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, answering: Answering, port: int = 0) -> None:
        self.answering = answering
        self.ending = threading.Event()
        self.conversations = 0
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def hold(self, sock: socket.socket) -> None:
        self.conversations += 1
        self._open.add(sock)

    def release(self, sock: socket.socket) -> None:
        self._open.discard(sock)

    def hang_up(self) -> None:
        """End every conversation."""
        self.ending.set()
        for sock in list(self._open):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def handle_error(self, _request: Any, _address: Any) -> None:
        """Clients that leave in the middle are part of the tests."""


@contextmanager
def serving(server: Talking) -> Iterator[Talking]:
    """The server answers for the time of the block."""
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(TICK,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            server.hang_up()
            thread.join()


class _Handler(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    server: Talking

    def handle(self) -> None:
        self.server.hold(self.connection)
        try:
            while (request := self._request()) is not None and self._respond(request):
                pass
        except OSError:
            return
        finally:
            self.server.release(self.connection)

    def _request(self) -> Request | None:
        words = self.rfile.readline(LINE).decode("latin-1").split()
        if len(words) != 3:
            return None
        headers: dict[str, str] = {}
        while line := self.rfile.readline(LINE).strip():
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        body = self.rfile.read(int(headers.get("content-length", "0")))
        return Request(words[0], words[1], headers, body)

    def _respond(self, request: Request) -> bool:
        response = self.server.answering(request)
        if response.wait and self.server.ending.wait(response.wait):
            return False
        if response.trick:
            self._trick(response)
            return False
        body = b"" if request.method == "HEAD" else response.body
        self.wfile.write(_head(response, len(response.body)) + body)
        return True

    def _trick(self, response: Response) -> None:
        if response.trick == "half":
            self.wfile.write(_head(response, len(response.body)) + response.body[: len(response.body) // 2])
        elif response.trick == "huge":
            self._stream(response)
        elif response.trick == "trickle_head":
            self._drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x")
        elif response.trick == "trickle_body":
            self._drip(_head(response, 10 * MEGABYTE), b" ")

    def _stream(self, response: Response) -> None:
        megabytes = int(response.body or b"200")
        self.wfile.write(_head(response, megabytes * MEGABYTE))
        for _ in range(megabytes):
            self.wfile.write(b" " * MEGABYTE)

    def _drip(self, first: bytes, drop: bytes) -> None:
        self.wfile.write(first)
        while not self.server.ending.wait(TICK):
            self.wfile.write(drop)


def _head(response: Response, length: int) -> bytes:
    lines = [f"HTTP/1.1 {response.status} Status", f"Content-Length: {length}"]
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
