"""Asks servers that may be frozen, in threads of its own, and does not wait for long."""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, TypeVar

from fastapi import Depends, Request

from consistency.errors import DatabaseUnavailable, LedgerMissing, NotAllowed, ReconcileryError, StatementTimeout

T = TypeVar("T")

_SECONDS = 4.0
_THREADS = 4
_REASONS: dict[type[ReconcileryError], str] = {
    DatabaseUnavailable: "it cannot be reached",
    StatementTimeout: "it is too slow",
    LedgerMissing: "the own tables are not there or not up to date; run `reconcilery init`",
    NotAllowed: "the account may not read there",
}


class Looking:
    """Questions about how things are, which have to be answered also when all other threads hang.

    Each part of the system has its threads, so that one that is frozen keeps none from being asked about another.
    """

    def __init__(self, seconds: float = _SECONDS) -> None:
        self._threads: dict[str, ThreadPoolExecutor] = {}
        self._seconds = seconds

    async def ask(self, part: str, question: Callable[[], T]) -> T:
        """The answer; TimeoutError when there is none in time. The question goes on, and is not heard any more."""
        if part not in self._threads:
            self._threads[part] = ThreadPoolExecutor(_THREADS, thread_name_prefix=f"looking at {part}")
        context = contextvars.copy_context()
        async with asyncio.timeout(self._seconds):
            return await asyncio.get_running_loop().run_in_executor(self._threads[part], context.run, question)

    async def try_to(self, part: str, question: Callable[[], T]) -> T | str:
        """The answer, or why there is none, without addresses: anybody may read that."""
        try:
            return await self.ask(part, question)
        except TimeoutError:
            return f"it did not answer within {self._seconds:g} s"
        except ReconcileryError as error:
            known = (reason for kind, reason in _REASONS.items() if isinstance(error, kind))
            return next(known, "it did not do what it was asked")

    def close(self) -> None:
        """Begin nothing more."""
        for threads in self._threads.values():
            threads.shutdown(wait=False, cancel_futures=True)


async def _looking(request: Request) -> Looking:
    found: Looking = request.app.state.looking
    return found


UsesLooking = Annotated[Looking, Depends(_looking)]
