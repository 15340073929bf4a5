"""Ctrl-C at a moment of our own choosing: what has been begun is not left half done, and no library swallows it."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SLICE_SECONDS = 0.1


@contextmanager
def interrupt_deferred() -> Iterator[Callable[[], None]]:
    """Yields what raises KeyboardInterrupt if Ctrl-C was pressed meanwhile; a second Ctrl-C is raised at once."""
    pressed: list[int] = []

    def remember(number: int, _frame: FrameType | None) -> None:
        pressed.append(number)
        signal.signal(signal.SIGINT, previous)

    def stop_if_pressed() -> None:
        if pressed:
            raise KeyboardInterrupt

    previous = signal.signal(signal.SIGINT, remember) or signal.default_int_handler
    try:
        yield stop_if_pressed
    finally:
        signal.signal(signal.SIGINT, previous)


def sleep_in_slices(seconds: float, between: Callable[[], None]) -> None:
    """Sleep, and call `between` several times a second: a sleep itself goes on after a signal."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(left, _SLICE_SECONDS))
        between()
