"""Short transactions that are done again when the database has called them off.

It does so with one of two that wait for each other, and with one that has waited too long; nothing of it is left then.
"""

import functools
import random
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from consistency.errors import DatabaseUnavailable

P = ParamSpec("P")
T = TypeVar("T")

TRIES = 4


def patient(job: Callable[P, T]) -> Callable[P, T]:
    """Make a function that is one transaction try a few times before DatabaseUnavailable comes out of it."""

    @functools.wraps(job)
    def trying(*args: P.args, **kwargs: P.kwargs) -> T:
        for trial in range(1, TRIES):
            try:
                return job(*args, **kwargs)
            except DatabaseUnavailable:
                time.sleep(random.uniform(0.02, 0.2) * trial)
        return job(*args, **kwargs)

    return trying
