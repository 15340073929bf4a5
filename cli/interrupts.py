"""Ctrl-C at a moment of our own choosing: what has been begun is not left half done, and no library swallows it."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


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
