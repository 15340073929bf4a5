"""The socket at which the API listens."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from consistency.errors import ReconcileryError

_BACKLOG = 512


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Open until the end of the block; ReconcileryError when nobody can listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        # What Python says of a taken port names it once more.
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or error
        raise ReconcileryError(
            f"cannot listen at {address_of(host, port)}: {why}; choose another with --host or --port"
        ) from None
    with listener:
        # Connections inherit it. An answer is two writes, and the second would wait for the other side to confirm the
        # first, which that puts off for 40 ms; asyncio would see to this only for sockets that it has opened itself.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield listener


def address_of(host: str, port: int) -> str:
    """As a browser takes it."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
