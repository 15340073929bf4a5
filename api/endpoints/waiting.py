"""Waits for checks that workers make, without holding a thread, and only as long as the ledger answers."""

import asyncio
import time
from collections.abc import Sequence

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from api.http.deadline import begin_anew
from api.http.problems import Problem
from api.orders.checks import Look, SentCheck, look_at_check, require_somebody
from consistency.ledger.runs import CANCELLED, RUNNING, Run
from consistency.resources import Resources

#: How long nobody need take a run before it is asked whether anybody is there.
_PATIENCE_SECONDS = 2.0
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.05, 0.5


async def wait_for(
    request: Request, resources: Resources, sent: Sequence[SentCheck], seconds: float
) -> list[Run] | None:
    """The closed runs; None when they have not all ended in time. BrokerUnavailable when no worker answers."""
    began, pause, asked = time.monotonic(), _SHORTEST_PAUSE, False
    while True:
        looks = [await run_in_threadpool(look_at_check, resources, each.run.id) for each in sent]
        begin_anew(request)
        if all(look.run.state != RUNNING for look in looks):
            return _closed(looks)
        left = began + seconds - time.monotonic()
        if left <= 0:
            return None
        if not asked and time.monotonic() - began > _PATIENCE_SECONDS:
            asked = True
            await _require_somebody(resources, sent, looks)
            begin_anew(request)
        await asyncio.sleep(min(pause, left))
        pause = min(_LONGEST_PAUSE, pause * 1.5)


async def _require_somebody(resources: Resources, sent: Sequence[SentCheck], looks: Sequence[Look]) -> None:
    for each, look in zip(sent, looks, strict=True):
        if look.run.state == RUNNING and not look.taken:
            await run_in_threadpool(require_somebody, resources, each.run, new=each.new)


def _closed(looks: Sequence[Look]) -> list[Run]:
    for look in looks:
        if look.run.state == CANCELLED:
            raise Problem(409, f"check {look.run.id} was cancelled")
    return [look.run for look in looks]
