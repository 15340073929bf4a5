"""The output of all services on one stream, every line behind its service's name."""

import os
from collections.abc import Sequence
from typing import TextIO

_COLOURS = (36, 33, 32, 35, 34, 96, 93, 92)
LAUNCHER = "up"


class Output:
    """Merges the services' bytes into whole, prefixed lines; coloured on a terminal unless NO_COLOR is set."""

    def __init__(self, stream: TextIO, names: Sequence[str]) -> None:
        self._stream = stream
        self._names = (*names, LAUNCHER)
        self._width = max(map(len, self._names))
        self._coloured = stream.isatty() and not os.environ.get("NO_COLOR")
        self._rests: dict[str, bytes] = {}

    def feed(self, name: str, data: bytes) -> None:
        """Writes the lines that are whole and keeps the rest for the next call."""
        *lines, rest = (self._rests.pop(name, b"") + data).split(b"\n")
        for line in lines:
            self._write(name, line.decode(errors="replace").rstrip("\r"))
        if rest:
            self._rests[name] = rest

    def close(self, name: str) -> None:
        """Writes the last line of a service that ended without a line break."""
        if name in self._rests:
            self.feed(name, b"\n")

    def say(self, text: str) -> None:
        """A line of the launcher's own."""
        self._write(LAUNCHER, text)

    def _write(self, name: str, text: str) -> None:
        prefix = f"{name:<{self._width}} |"
        if self._coloured:
            prefix = f"\x1b[{_COLOURS[self._names.index(name) % len(_COLOURS)]}m{prefix}\x1b[0m"
        self._stream.write(f"{prefix} {text}\n")
        self._stream.flush()
