"""The steps in which a window is shown: as fine as its length allows."""

from datetime import timedelta

from consistency.model import Window
from consistency.stretches import DAY, HOUR, floor_to

_STEPS = tuple(minutes * timedelta(minutes=1) for minutes in (5, 10, 15, 30))
_HOURS = tuple(hours * HOUR for hours in (1, 2, 3, 6, 12))
_DAYS = tuple(days * DAY for days in (1, 7, 28, 364))


def step_of(window: Window, most: int, least: timedelta) -> timedelta:
    """The smallest round step from `least` on of which the window has at most so many."""
    steps = (*_STEPS, *_HOURS, *_DAYS)
    return next((step for step in steps if step >= least and window.length <= most * step), steps[-1])


def pieces(window: Window, step: timedelta) -> list[Window]:
    """Adjoining whole steps since 1970 that cover the window."""
    found, start = [], floor_to(window.start, step)
    while start < window.end:
        found.append(Window(start, start + step))
        start += step
    return found
