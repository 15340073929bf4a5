"""A way to a server on which nothing gets through while it is frozen; connections stay open meanwhile."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from cli.up.ports import LOCALHOST

_CHUNK = 65_536


class Way:
    """Leads from `port` of this machine to another one."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server((LOCALHOST, 0))
        self._open = threading.Event()
        self._open.set()
        self._sockets = [self._listener]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def freeze(self) -> None:
        """From now on both sides wait for each other."""
        self._open.clear()

    def thaw(self) -> None:
        """What was said meanwhile gets through."""
        self._open.set()

    def close(self) -> None:
        self._open.set()
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection((LOCALHOST, self._target))
                self._sockets += [near, far]
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=pair, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(_CHUNK):
                self._open.wait()
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


@contextmanager
def way_to(port: int) -> Iterator[Way]:
    """Open at first; closed at the end of the block."""
    way = Way(port)
    try:
        yield way
    finally:
        way.close()
