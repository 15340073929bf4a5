"""Ctrl-C at a moment of our own choosing, or at once: what has been begun is not left half done, nobody swallows it."""

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


@contextmanager
def interrupt_kept() -> Iterator[None]:
    """Ctrl-C is raised at once, and again at the end of the block if something in it has swallowed it."""
    pressed: list[int] = []

    def remember(number: int, frame: FrameType | None) -> None:
        pressed.append(number)
        signal.default_int_handler(number, frame)

    previous = signal.signal(signal.SIGINT, remember)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
    if pressed:
        raise KeyboardInterrupt


def sleep_in_slices(seconds: float, between: Callable[[], None]) -> None:
    """Sleep, and call `between` several times a second: a sleep itself goes on after a signal."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(left, _SLICE_SECONDS))
        between()
