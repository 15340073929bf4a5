"""Writes that a client may repeat: under one `Idempotency-Key` it is done once, and repeated with its first answer.

The key belongs to its caller and is kept in Redis for a day. While the first request is under way a second one gets
409; with another body 422. What ended in an error is not kept, for it is to be tried again.
"""

import asyncio
import hashlib
import json
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

import redis
import structlog
from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from api.http.callers import caller_of
from api.http.problems import Problem, bad_parameter
from api.services import Services, services_of
from consistency.errors import BrokerUnavailable
from consistency.latest import redis_errors

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_KEPT_SECONDS = 86_400
#: When nobody has renewed the claim for so long, whoever made it is dead, and another request may take its place.
_CLAIM_SECONDS, _RENEWED_SECONDS = 15, 5
_LONGEST_KEY = 255
_KEPT_HEADERS = ("content-type", "location")

Answering = Callable[[Request], Coroutine[Any, Any, Response]]
log = structlog.get_logger(__name__)
#: Kept from being collected until they end.
_under_way: set["asyncio.Task[Response]"] = set()


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept under a key; `status` is 0 while the first request is under way."""

    request: str
    status: int = 0
    body: str = ""
    headers: dict[str, str] | None = None

    def written(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))


class Idempotent(APIRoute):
    """The class of a router's routes; requests without the header are answered as always."""

    def get_route_handler(self) -> Answering:
        answer = super().get_route_handler()

        async def answer_once(request: Request) -> Response:
            key = request.headers.get(HEADER)
            if key is None or request.method == "GET":
                return await answer(request)
            return await _once(request, _checked(key), answer)

        return answer_once


async def _once(request: Request, key: str, answer: Answering) -> Response:
    services = services_of(request)
    caller = caller_of(request, services.settings)
    name = f"{services.settings.key_prefix}idempotency:{_digest(caller.name.encode(), key.encode())}"
    target = f"{request.method} {request.url.path}?{request.url.query}"
    mine = Kept(_digest(target.encode(), await request.body()))
    known = await run_in_threadpool(_claim, services, name, mine)
    if known is not None:
        return _repeated(known, mine)
    # It goes on to its end, and its answer is kept, also when nobody waits for it any more.
    task = asyncio.create_task(_answer_and_keep(request, answer, services, name, mine))
    _under_way.add(task)
    task.add_done_callback(_under_way.discard)
    return await asyncio.shield(task)


async def _answer_and_keep(request: Request, answer: Answering, services: Services, name: str, mine: Kept) -> Response:
    renewing = asyncio.create_task(_renew(services, name))
    try:
        response = await answer(request)
    except Exception:
        await run_in_threadpool(_note, services, name, None)
        raise
    finally:
        renewing.cancel()
    headers = {key: value for key in _KEPT_HEADERS if (value := response.headers.get(key))}
    kept = Kept(mine.request, response.status_code, bytes(response.body).decode(), headers)
    await run_in_threadpool(_note, services, name, kept)
    return response


def _claim(services: Services, name: str, mine: Kept) -> Kept | None:
    """None when the request is ours to answer, else what is known of it."""
    with redis_errors(services.redis):
        if services.redis.set(name, mine.written(), nx=True, ex=_CLAIM_SECONDS):
            return None
        found: Any = services.redis.get(name)
    return Kept(**json.loads(found)) if found else mine


async def _renew(services: Services, name: str) -> None:
    while True:
        await asyncio.sleep(_RENEWED_SECONDS)
        with suppress(redis.RedisError):
            await run_in_threadpool(services.redis.expire, name, _CLAIM_SECONDS)


def _note(services: Services, name: str, kept: Kept | None) -> None:
    """Keep the answer, or forget the claim; what has been done stays done when Redis is gone meanwhile."""
    try:
        with redis_errors(services.redis):
            if kept is None:
                services.redis.delete(name)
            else:
                services.redis.set(name, kept.written(), ex=_KEPT_SECONDS)
    except BrokerUnavailable as error:
        log.warning("http.answer_not_kept", reason=str(error))


def _repeated(known: Kept, mine: Kept) -> Response:
    if known.request != mine.request:
        raise bad_parameter(HEADER, "it was used for another request; take a new one")
    if not known.status:
        detail = f"{HEADER}: the first request with it is under way"
        raise Problem(409, detail, headers={"Retry-After": "1"})
    return Response(known.body, known.status, headers={**(known.headers or {}), REPLAYED: "true"})


def _checked(key: str) -> str:
    if not key.strip() or len(key) > _LONGEST_KEY or not key.isprintable():
        raise bad_parameter(HEADER, f"write 1 to {_LONGEST_KEY} printable characters, such as a UUID")
    return key


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()
