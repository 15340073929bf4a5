"""An answer in time, also while a database or Redis is frozen: who waits on it is told to come again."""

import asyncio

import structlog
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.problems import Problem, problem_answer

SECONDS = 8.0
_MORE_TIME = "reconcilery.more_time"
log = structlog.get_logger(__name__)


class Deadline:
    """After so many seconds without the beginning of an answer it gives one itself: 503.

    What is being done goes on, for a thread cannot be stopped, and is not heard any more.
    """

    def __init__(self, app: ASGIApp, seconds: float = SECONDS) -> None:
        self.app = app
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, late, clock = asyncio.Event(), False, _Clock(self.seconds)

        async def send_in_time(message: Message) -> None:
            if late:
                raise OSError("the answer comes too late")
            begun.set()
            await send(message)

        answering = asyncio.create_task(_answer(self.app, {**scope, _MORE_TIME: clock}, receive, send_in_time))
        waiting = asyncio.create_task(begun.wait())
        try:
            while not (begun.is_set() or answering.done()) and (left := clock.left()) > 0:
                await asyncio.wait({answering, waiting}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if begun.is_set() or answering.done():
                await answering
                return
            late = True
            _abandoned.add(answering)
            answering.add_done_callback(_forget)
            answering.cancel()
            await problem_answer(_too_late(self.seconds))(scope, receive, send)
        except asyncio.CancelledError:
            answering.cancel()
            raise
        finally:
            waiting.cancel()


def begin_anew(connection: HTTPConnection) -> None:
    """Let the time for the answer begin anew: something has just answered, and what is waited for takes longer."""
    clock: _Clock | None = connection.scope.get(_MORE_TIME)
    if clock is not None:
        clock.begin_anew()


class _Clock:
    """When the answer has to have begun, by the clock of the event loop."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.begin_anew()

    def begin_anew(self) -> None:
        self._until = asyncio.get_running_loop().time() + self._seconds

    def left(self) -> float:
        return self._until - asyncio.get_running_loop().time()


async def _answer(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await app(scope, receive, send)


def _too_late(seconds: float) -> Problem:
    log.warning("http.too_late", seconds=seconds)
    detail = (
        f"there was no answer within {seconds:g} s, perhaps because the database or Redis does not answer;"
        " a change may still have been made"
    )
    return Problem(503, detail, headers={"Retry-After": "5"})


def _forget(task: "asyncio.Task[None]") -> None:
    _abandoned.discard(task)
    if not task.cancelled() and (error := task.exception()):
        log.info("http.late_end", reason=type(error).__name__)


#: Kept from being collected until they end.
_abandoned: set["asyncio.Task[None]"] = set()
