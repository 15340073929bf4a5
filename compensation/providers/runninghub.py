"""RunningHub as a provider of outputs: three questions that only read, asked in turn until one has the outputs.

Nothing is ever called that costs money or has an effect: no task is created or cancelled, no webhook sent again.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from compensation.details import detail_text
from compensation.provider import Answer, Kind
from compensation.providers.asking import document, ill, refusal
from compensation.providers.runninghub_codes import UNKNOWN, UNREADABLE, of_account, of_first, of_second, of_webhook
from consistency.errors import ConfigurationError
from consistency.http_trouble import host_of
from consistency.masking import HIDDEN
from consistency.timed_http import Reply, TimedHttp
from consistency.timed_sockets import Deadline

KNOWN_SITES = ("https://www.runninghub.cn", "https://www.runninghub.ai")
OUTPUTS = "/task/openapi/outputs"
QUERY = "/openapi/v2/query"
WEBHOOK = "/task/openapi/getWebhookDetail"
ACCOUNT = "/uc/openapi/accountStatus"

_SETTING = "RUNNINGHUB_BASE_URL"
_LONGEST_ID = 255
_WELL = range(200, 300)
_MISSING = ("HTTP 404", "HTTP 405", "HTTP 410")
#: Codes of a key that the other site may know; a lack of money is not among them.
_KEY_OR_SITE = ("412", "801", "802", "806", "811", "1002", "HTTP 401", "HTTP 403", *_MISSING)
#: After the first question these leave room for a better answer elsewhere.
_UNCLEAR = (Kind.NO_OUTPUT, Kind.GONE)
_TELLING = (
    Kind.FOUND,
    Kind.LIMITED,
    Kind.TRANSIENT,
    Kind.LATER,
    Kind.UPSTREAM_FAILED,
    Kind.NO_OUTPUT,
    Kind.GONE,
    Kind.BAD_ITEM,
    Kind.STOP_RUN,
)
#: From a body to an answer.
Reading = Callable[[Mapping[str, Any]], Answer]
_SOURCES: tuple[tuple[str, Reading], ...] = ((OUTPUTS, of_first), (QUERY, of_second), (WEBHOOK, of_webhook))
#: Where in a body the key stands; otherwise it stands in a header.
_KEY_NAMES = {OUTPUTS: "apiKey", WEBHOOK: "apiKey", ACCOUNT: "apikey"}


class RunningHub:
    """The account of one key on one site; safe for threads. One deadline holds for all that one call asks."""

    link_field = "fileUrl"

    def __init__(self, base_url: str, api_key: str, timeout: timedelta, sites: Sequence[str] = KNOWN_SITES) -> None:
        self._base = base_url.strip().rstrip("/")
        self._key = api_key.strip()
        if not self._key or not self._key.isascii() or not self._key.isprintable() or " " in self._key:
            raise ConfigurationError("runninghub_api_key holds no key: copy it anew from RunningHub's API console")
        self._timeout = timeout
        self._sites = tuple(site.rstrip("/") for site in sites)
        self._http = TimedHttp()

    def __repr__(self) -> str:
        return f"<{self.name} at {host_of(self._base)}>"

    @property
    def name(self) -> str:
        digest = hashlib.sha256(f"{host_of(self._base)} {self._key}".encode()).hexdigest()
        return f"runninghub:{digest[:12]}"

    @property
    def own_hosts(self) -> frozenset[str]:
        parts = urlsplit(self._base)
        return frozenset({f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"})

    def fetch(self, provider_task_id: str) -> Answer:
        """The outputs by the first source that has them, else the most telling answer of all that were asked."""
        task = provider_task_id.strip()
        if not task or len(task) > _LONGEST_ID or not task.isprintable():
            return Answer(Kind.BAD_ITEM, code="bad_id", detail=detail_text("bad_runninghub_id"), source="ids")
        deadline, heard = Deadline(self._timeout), list[Answer]()
        for path, reading in _SOURCES:
            heard.append(self._ask(self._base, path, {"taskId": task}, deadline, reading))
            best = most_telling(heard)
            if best.kind not in _UNCLEAR and not _says_nothing(best):
                break
        return replace(best, calls=len(heard))

    def check(self) -> Answer:
        """FOUND if the site accepts the key; if the other site does, the detail says which setting to change."""
        deadline = Deadline(self._timeout)
        answer = self._account(self._base, deadline)
        if answer.code not in _KEY_OR_SITE or self._base not in self._sites:
            return answer
        for other in self._sites:
            if other != self._base and self._account(other, deadline).kind is Kind.FOUND:
                detail = f"the key belongs to another site: set {_SETTING}={other}"
                return Answer(Kind.STOP_RUN, code=answer.code, detail=detail, source="account")
        return answer

    def close(self) -> None:
        self._http.close()

    def _account(self, site: str, deadline: Deadline) -> Answer:
        answer = self._ask(site, ACCOUNT, {}, deadline, of_account)
        if answer.code in _MISSING:
            detail = f"{host_of(site)} does not speak as RunningHub does ({answer.code}); see {_SETTING}"
            return replace(answer, kind=Kind.STOP_RUN, detail=detail)
        return answer

    def _ask(self, site: str, path: str, body: Mapping[str, str], deadline: Deadline, reading: Reading) -> Answer:
        named = {_KEY_NAMES[path]: self._key} if path in _KEY_NAMES else {}
        headers = {} if named else {"Authorization": f"Bearer {self._key}"}
        reply = self._http.ask("POST", site + path, deadline, json={**named, **body}, headers=headers)
        answer = ill(reply, datetime.now(UTC))
        if answer is None:
            assert isinstance(reply, Reply)
            answer = _heard(reply, site + path, reading)
        return replace(
            answer,
            code=answer.code.replace(self._key, HIDDEN),
            detail=answer.detail.replace(self._key, HIDDEN),
            source=path.rpartition("/")[2],
        )


def most_telling(heard: Sequence[Answer]) -> Answer:
    """Of several sources' answers the one to go by: what may still change comes before what looks final."""
    clear = [answer for answer in heard if not _says_nothing(answer)]
    # The first source accepted the key or knew the id, so a later one's refusal is about that source alone.
    return min(clear or heard, key=lambda answer: _TELLING.index(answer.kind))


def _says_nothing(answer: Answer) -> bool:
    return answer.kind is Kind.TRANSIENT and (answer.code in _MISSING or answer.code.startswith(UNKNOWN))


def _heard(reply: Reply, url: str, reading: Reading) -> Answer:
    found, well = document(reply), reply.status in _WELL
    answer = reading(found.value) if isinstance(found.value, Mapping) else None
    if answer is not None and (well or not _says_nothing(answer)):
        return answer
    if well:
        return found.trouble or Answer(Kind.TRANSIENT, code=UNREADABLE, detail=detail_text("no_object"))
    code = f"HTTP {reply.status}"
    other = Answer(Kind.TRANSIENT, code=code, detail=detail_text("answered_with", host=host_of(url), http=code))
    return refusal(reply, url, _SETTING) or other
