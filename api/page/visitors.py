"""Who looks at the page: by which token, in which language, light or dark, and with which forms."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import structlog
from fastapi import Depends, Request, Response

from api.http.callers import LOCAL, Caller, caller_of, is_open, no_token
from api.http.rate_limit import WithinRate
from api.http.request_ids import FACTS
from api.http.tokens import find_token, is_expired
from api.page.leading import LeadTo, login_path, wants_html
from api.page.wording import Words, language_of
from api.services import UsesServices
from consistency.settings import Settings
from consistency.token_settings import Scope

TOKEN, VISIT, LANGUAGE, THEME = (f"reconcilery_{name}" for name in ("token", "visit", "language", "theme"))
THEMES = ("auto", "light", "dark")
#: How long a browser is remembered to be let in, and how long its choices are.
IN_SECONDS, CHOICE_SECONDS = 12 * 3600, 365 * 86_400
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Visitor:
    """`caller` is None at the door; `visit` names the browser, and `form_token` proves that a form is from here."""

    caller: Caller | None
    words: Words
    theme: str
    visit: str
    is_new: bool
    form_token: str
    may_leave: bool

    @property
    def may_operate(self) -> bool:
        """Whether buttons do something."""
        return self.caller is not None and self.caller.scope is Scope.OPERATE


def visitor_at(request: Request, settings: Settings, caller: Caller | None) -> Visitor:
    """Everything else that the request says of who sends it."""
    known = _given(request, VISIT)
    visit = known or secrets.token_urlsafe(24)
    theme = request.cookies.get(THEME, "")
    return Visitor(
        caller=caller,
        words=Words(_language(request), ZoneInfo(settings.timezone)),
        theme=theme if theme in THEMES else THEMES[0],
        visit=visit,
        is_new=not known,
        form_token=form_token(settings, visit, _given(request, TOKEN)),
        may_leave=bool(_given(request, TOKEN)) and not is_open(settings),
    )


def form_token(settings: Settings, visit: str, token: str) -> str:
    """What only a page of this server, shown to this very browser, let in with this very token, can know."""
    # Other programs of the machine can give the browser cookies, but do not know the passwords in these addresses.
    key = f"{settings.effective_store_url}\0{settings.redis_url}".encode("utf-8", "replace")
    return hmac.digest(key, f"form\0{visit}\0{token}".encode("utf-8", "replace"), hashlib.sha256).hex()


def find_caller(request: Request, settings: Settings) -> Caller | None:
    """Whoever the request's token or the browser's cookie names; None when nobody has been let in."""
    if is_open(settings):
        return LOCAL
    if "authorization" in request.headers:
        return caller_of(request, settings)
    return caller_with(settings, _given(request, TOKEN))


def caller_with(settings: Settings, token: str) -> Caller | None:
    """Who has this token, if it is good."""
    found = find_token(settings.api_tokens, token) if token else None
    if found is None or is_expired(found, datetime.now(UTC)):
        return None
    return Caller(found.name, found.scope)


# It asks nobody, so it needs no thread; the log of the thread that works then knows who asks.
async def _visit(request: Request, services: UsesServices, _: WithinRate) -> Visitor:
    caller = find_caller(request, services.settings)
    if caller is None:
        raise LeadTo(login_path(request))
    structlog.contextvars.bind_contextvars(caller=caller.name)
    request.scope[FACTS]["caller"] = caller.name
    return visitor_at(request, services.settings, caller)


async def _visit_for_file(request: Request, services: UsesServices, within_rate: WithinRate) -> Visitor:
    if find_caller(request, services.settings) is None and not wants_html(request.headers):
        raise no_token()
    return await _visit(request, services, within_rate)


async def _anybody(request: Request, services: UsesServices, _: WithinRate) -> Visitor:
    return visitor_at(request, services.settings, find_caller(request, services.settings))


Visit = Annotated[Visitor, Depends(_visit)]
#: The same of a file to keep, which programs fetch as well: a page that asks for a token would be taken for it.
FileVisit = Annotated[Visitor, Depends(_visit_for_file)]
#: The same at the door, where nobody has been let in yet.
AtTheDoor = Annotated[Visitor, Depends(_anybody)]


def keep(request: Request, response: Response, name: str, value: str, seconds: int) -> None:
    """Let the browser keep something that no script can read and no other site can have sent along with a form."""
    is_secure = request.url.scheme == "https"
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path="/",
        secure=is_secure,
        httponly=True,
        samesite="lax",
    )


def _given(request: Request, name: str) -> str:
    value = request.cookies.get(name, "")
    return value if len(value) <= _LONGEST and value.isascii() else ""


def _language(request: Request) -> str:
    return language_of(request.cookies.get(LANGUAGE, ""), request.headers.get("accept-language", ""))
