"""Asking a provider for JSON over HTTP, and what everything but a clear answer comes to."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn
from urllib.parse import urljoin

from compensation.details import detail_text
from compensation.provider import Answer, Kind
from consistency.http_trouble import NoReply, host_of
from consistency.one_line import one_line
from consistency.retry_after import retry_after
from consistency.timed_http import LARGEST_BODY, Reply

_TOO_MANY = 429
_SERVER_ERROR = 500
_REDIRECTS = range(300, 400)
_MOVED_FOR_GOOD = (301, 308)
_REFUSED = (401, 403)


@dataclass(frozen=True, slots=True)
class Document:
    """A reply's JSON; `trouble` says why there is none."""

    value: Any = None
    trouble: Answer | None = None


def ill(reply: Reply | NoReply, now: datetime) -> Answer | None:
    """LIMITED or TRANSIENT where the way to the provider or its server has failed, None where it has answered."""
    if isinstance(reply, NoReply):
        return Answer(Kind.TRANSIENT, code=reply.code, detail=one_line(reply.detail))
    wait = retry_after(reply.headers.get("Retry-After"), now)
    if reply.status == _TOO_MANY:
        return Answer(Kind.LIMITED, code="HTTP 429", detail=detail_text("asked_too_often"), retry_after=wait)
    if reply.status >= _SERVER_ERROR:
        code = f"HTTP {reply.status}"
        return Answer(Kind.TRANSIENT, code=code, detail=detail_text("server_failed", http=code), retry_after=wait)
    return None


def refusal(reply: Reply, url: str, setting: str) -> Answer | None:
    """STOP_RUN where the provider wants other credentials or another address; `setting` is what has to be changed."""
    code = f"HTTP {reply.status}"
    if reply.status in _REFUSED:
        return Answer(Kind.STOP_RUN, code=code, detail=detail_text("access_refused", host=host_of(url), http=code))
    if reply.status in _REDIRECTS:
        kind = Kind.STOP_RUN if reply.status in _MOVED_FOR_GOOD else Kind.TRANSIENT
        place = host_of(urljoin(url, reply.headers.get("Location", "")))
        detail = detail_text("sent_on", host=host_of(url), place=place, setting=setting)
        return Answer(kind, code=code, detail=one_line(detail))
    return None


def document(reply: Reply) -> Document:
    """The JSON of a reply, else a TRANSIENT answer that says what there was instead."""
    body = reply.body.strip()
    if not reply.complete:
        return _no_document("too_big", detail_text("too_big", size=LARGEST_BODY // 1024**2))
    if not body:
        return _no_document("empty", detail_text("empty"))
    try:
        return Document(json.loads(body, parse_constant=_refuse_constant))
    except (ValueError, RecursionError):
        if body.startswith(b"<"):
            return _no_document("html", detail_text("web_page"))
        return _no_document("not_json", detail_text("no_json"))


def _no_document(code: str, detail: str) -> Document:
    return Document(trouble=Answer(Kind.TRANSIENT, code=code, detail=detail))


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
