"""Who asks, and whether they may: the two scopes as dependencies of routers and endpoints."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import structlog
from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from api.http.body import require_json
from api.http.problems import Problem
from api.http.rate_limit import WithinRate
from api.http.request_ids import FACTS
from api.http.tokens import find_token, is_expired, is_loopback
from api.services import UsesServices
from consistency.settings import Settings
from consistency.token_settings import Scope

_CHALLENGE = "Bearer"
#: Shows the padlock in /docs; what it says is checked here.
_scheme = HTTPBearer(auto_error=False, description="a token from `reconcilery config token`")


@dataclass(frozen=True, slots=True)
class Caller:
    """`name` is that of the token, for logs and for who has done something; `local` without any token."""

    name: str
    scope: Scope


LOCAL = Caller("local", Scope.OPERATE)


def is_open(settings: Settings) -> bool:
    """Whether nobody needs a token: there is none, and nobody beyond this machine can ask."""
    return not settings.api_tokens and is_loopback(settings.api_host)


def caller_of(request: Request, settings: Settings) -> Caller:
    """Who asks; a Problem when they show no token that is good."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if is_open(settings):
        return LOCAL
    if kind.lower() != "bearer" or not token.strip():
        raise no_token()
    found = find_token(settings.api_tokens, token.strip())
    if found is None:
        raise _refused("this token is not known here", f'{_CHALLENGE} error="invalid_token"')
    if is_expired(found, datetime.now(UTC)):
        raise _refused(f"the token {found.name} has expired", f'{_CHALLENGE} error="invalid_token"')
    return Caller(found.name, found.scope)


def no_token() -> Problem:
    """What is said to who shows none."""
    return _refused("show a token: Authorization: Bearer TOKEN", _CHALLENGE)


# These two ask nobody, so they need no thread; the log of the thread that works then knows who asks.
async def _read(
    request: Request, services: UsesServices, _: Annotated[object, Depends(_scheme)], __: WithinRate
) -> Caller:
    caller = caller_of(request, services.settings)
    structlog.contextvars.bind_contextvars(caller=caller.name)
    request.scope[FACTS]["caller"] = caller.name
    return caller


async def _operate(request: Request, caller: Annotated[Caller, Depends(_read)]) -> Caller:
    if caller.scope is not Scope.OPERATE:
        challenge = f'{_CHALLENGE} error="insufficient_scope", scope="{Scope.OPERATE}"'
        detail = f"the token {caller.name} may only read; this needs one with the scope operate"
        raise Problem(403, detail, headers={"WWW-Authenticate": challenge})
    await require_json(request)
    return caller


def _refused(detail: str, challenge: str) -> Problem:
    return Problem(401, detail, headers={"WWW-Authenticate": challenge})


#: For endpoints that show something: `dependencies=[MAY_READ]` of a router, or a parameter `caller: Reader`.
MAY_READ = Depends(_read)
#: For endpoints that change something, or begin to; these take JSON alone, so that no page of others can post to them.
MAY_OPERATE = Depends(_operate)
Reader = Annotated[Caller, MAY_READ]
Operator = Annotated[Caller, MAY_OPERATE]
