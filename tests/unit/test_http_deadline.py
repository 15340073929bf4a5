"""How long an answer may take, and who may take longer."""

import asyncio
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from api.http.deadline import Deadline, begin_anew

SECONDS = 0.2


async def asked(steps: int, *, begins_anew: bool) -> int:
    """The status of an answer that comes after so many steps, each shorter than the deadline."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        for _ in range(steps):
            await asyncio.sleep(SECONDS / 4)
            if begins_anew:
                begin_anew(Request(scope))
        await PlainTextResponse("done")(scope, receive, send)

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    await Deadline(answer, SECONDS)({"type": "http", "method": "GET", "headers": [], "path": "/"}, receive, send)
    return int(sent[0]["status"])


@pytest.mark.parametrize(("steps", "begins_anew", "status"), [(0, False, 200), (40, False, 503), (12, True, 200)])
def test_who_shows_that_it_goes_on_may_take_longer(steps: int, begins_anew: bool, status: int) -> None:  # noqa: FBT001
    assert asyncio.run(asked(steps, begins_anew=begins_anew)) == status


def test_outside_of_a_deadline_there_is_nothing_to_begin_anew() -> None:
    begin_anew(Request({"type": "http"}))
