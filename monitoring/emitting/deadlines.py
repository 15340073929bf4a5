"""Moments of time.monotonic until which somebody waits."""

import time
from threading import TIMEOUT_MAX


def seconds_left(deadline: float) -> float:
    """From none to as many as a thread can wait."""
    return min(max(0.0, deadline - time.monotonic()), TIMEOUT_MAX)
