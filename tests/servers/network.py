"""Keeps the tests from talking to any other machine."""

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


class OutsideWorldError(RuntimeError):
    """A test tried to reach another machine."""


@contextmanager
def only_this_machine() -> Iterator[None]:
    """Within the block Python's sockets connect to loopback addresses and local sockets alone."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
        yield


def _guarded(connect: Any) -> Any:
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family != socket.AF_UNIX and not _is_loopback(str(address[0])):
            raise OutsideWorldError(f"a test wants to reach {address[0]}")
        return connect(self, address)

    return guarded


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
