"""Asks servers that may be frozen, in threads of its own, and does not wait for long."""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, TypeVar

from fastapi import Depends, Request

from consistency.errors import ReconcileryError

T = TypeVar("T")

_SECONDS = 4.0
_THREADS = 8


class Looking:
    """Questions about how things are, which have to be answered also when all other threads hang."""

    def __init__(self, seconds: float = _SECONDS) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="looking")
        self._seconds = seconds

    async def ask(self, question: Callable[[], T]) -> T:
        """The answer; TimeoutError when there is none in time. The question goes on, and is not heard any more."""
        context = contextvars.copy_context()
        async with asyncio.timeout(self._seconds):
            return await asyncio.get_running_loop().run_in_executor(self._threads, context.run, question)

    async def try_to(self, question: Callable[[], T]) -> T | str:
        """The answer, or why there is none, without addresses: anybody may read that."""
        try:
            return await self.ask(question)
        except TimeoutError:
            return f"it did not answer within {self._seconds:g} s"
        except ReconcileryError as error:
            return _REASONS.get(type(error).__name__, "it did not do what it was asked")

    def close(self) -> None:
        """Begin nothing more."""
        self._threads.shutdown(wait=False, cancel_futures=True)


_REASONS = {
    "DatabaseUnavailable": "it cannot be reached",
    "StatementTimeout": "it is too slow",
    "LedgerMissing": "the own tables are not there or not up to date; run `reconcilery init`",
    "NotAllowed": "the account may not read there",
}


def _looking(request: Request) -> Looking:
    found: Looking = request.app.state.looking
    return found


UsesLooking = Annotated[Looking, Depends(_looking)]
