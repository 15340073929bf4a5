"""Sockets that a whole conversation must be done with by one moment, however slowly the other side speaks."""

import io
import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from queue import Empty, Queue
from typing import Any

#: An address family and an address as `socket.connect` takes it.
Address = tuple[int, Any]
#: Which of a host's addresses may be connected to: (host, port, addresses) -> addresses; AddressRefused if none.
Guard = Callable[[str, int, Sequence[Address]], Sequence[Address]]


class AddressRefused(OSError):
    """A guard let none of a host's addresses through; its text is one line."""


@dataclass(slots=True)
class Deadline:
    """The moment by which everything must be over."""

    span: timedelta
    _at: float = field(init=False)

    def __post_init__(self) -> None:
        self._at = time.monotonic() + self.span.total_seconds()

    @property
    def over(self) -> bool:
        return time.monotonic() >= self._at

    def left(self) -> float:
        """Seconds, always more than none; TimeoutError when the moment has come."""
        seconds = self._at - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("the deadline has passed")
        return seconds


def open_connection(host: str, port: int, deadline: Deadline, guard: Guard | None = None) -> socket.socket:
    """A connection to one of the host's addresses that the guard lets through; OSError if there is none."""
    addresses = resolve(host, port, deadline)
    addresses = guard(host, port, addresses) if guard else addresses
    error: OSError = ConnectionError("the name has no address")
    for position, address in enumerate(addresses):
        try:
            return _connect(address, deadline.left() / (len(addresses) - position))
        except OSError as failed:
            error = failed
    raise error


def _connect(address: Address, seconds: float) -> socket.socket:
    family, place = address
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(seconds)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.connect(place)
    except BaseException:
        sock.close()
        raise
    return sock


def resolve(host: str, port: int, deadline: Deadline) -> Sequence[Address]:
    """Every address of the host; socket.gaierror if it has none, TimeoutError if the name service is too slow."""
    if _is_literal(host):
        return _look_up(host, port)
    answers: Queue[Sequence[Address] | Exception] = Queue()

    def look_up() -> None:
        try:
            answers.put(_look_up(host, port))
        except Exception as error:  # noqa: BLE001 - raised again by whoever waits for it
            answers.put(error)

    # The system's resolver takes no deadline, so it is left behind when it is late; it ends by its own.
    threading.Thread(target=look_up, name="name lookup", daemon=True).start()
    return _taken(answers, deadline)


def _taken(answers: "Queue[Sequence[Address] | Exception]", deadline: Deadline) -> Sequence[Address]:
    try:
        answer = answers.get(timeout=deadline.left())
    except Empty:
        raise TimeoutError("the name service did not answer") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _look_up(host: str, port: int) -> Sequence[Address]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, place) for family, _, _, _, place in found if family in {socket.AF_INET, socket.AF_INET6}]


class TimedSocket:
    """What an HTTP connection needs of a socket, each step with only the time that is left of all."""

    def __init__(self, sock: socket.socket, deadline: Callable[[], Deadline]) -> None:
        self._sock = sock
        self._deadline = deadline

    def sendall(self, data: Any) -> None:
        self._sock.settimeout(self._deadline().left())
        self._sock.sendall(data)

    def makefile(self, *_args: Any, **_options: Any) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._sock, self._deadline))

    def settimeout(self, _seconds: float | None) -> None:
        """The time that is left decides, not what a library thinks of each step."""

    def fileno(self) -> int:
        return self._sock.fileno()

    def shutdown(self, how: int) -> None:
        self._sock.shutdown(how)

    def close(self) -> None:
        self._sock.close()


class _TimedReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, deadline: Callable[[], Deadline]) -> None:
        super().__init__()
        self._sock = sock
        # The socket's own reader keeps the connection open until the last byte, also when it is closed before.
        self._file = sock.makefile("rb", buffering=0)
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._deadline().left())
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()
