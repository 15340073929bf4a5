"""What the channels over HTTP share: one post with a deadline, and an answer in which no secret is left."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from pydantic import SecretStr

from consistency.http_trouble import NoReply, host_of
from consistency.one_line import one_line
from consistency.outbound import LARGEST_BODY
from consistency.timed_http import Reply
from consistency.timed_sockets import Deadline
from notifiers.channels.channel import Outcome, Verdict
from notifiers.channels.hiding import Form, forms_of, secrets_of, without
from notifiers.channels.parts import ChannelParts

MOST_SHOWN = 2000
JSON_TYPE = "application/json; charset=utf-8"
#: Nothing changes by itself in a setting that leads nowhere.
_LASTING = ("refused", "address", "header")


class HttpSettings(Protocol):
    """What an HTTP channel's settings have in common."""

    @property
    def url(self) -> SecretStr: ...
    @property
    def timeout(self) -> timedelta: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, without secrets; `text` is the body, at most 64 KB of it."""

    host: str
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def well(self) -> bool:
        """Whether the status is one of success."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the range has no name in the standard either

    @property
    def value(self) -> Mapping[str, Any] | None:
        """The body as a JSON object; None if it is none."""
        try:
            found = json.loads(self.text)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None

    def verdict(
        self,
        outcome: Outcome,
        code: object,
        detail: str = "",
        *,
        wait: timedelta | None = None,
        pause: timedelta | None = None,
    ) -> Verdict:
        """A verdict that keeps this answer, cut, as its reply."""
        shown = self.text.strip()[:MOST_SHOWN].encode()[:MOST_SHOWN].decode(errors="ignore")
        return Verdict(outcome, one_line(code, 64), one_line(detail), wait=wait, pause=pause, reply=shown)


class HttpPost:
    """Posts to the address of one channel; safe for threads."""

    def __init__(self, parts: ChannelParts[HttpSettings], *secrets: str) -> None:
        self._name = parts.name
        self._outbound = parts.outbound
        self._timeout = parts.settings.timeout
        self.url = parts.settings.url.get_secret_value()
        self._secrets = forms_of((*secrets_of(self.url), *secrets))

    @property
    def host(self) -> str:
        """The address as it may be shown."""
        return host_of(self.url)

    def deadline(self) -> Deadline:
        """By when an attempt that begins now has to be over."""
        return Deadline(self._timeout)

    def post(
        self,
        body: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        query: str = "",
        secrets: Iterable[str] = (),
        deadline: Deadline | None = None,
    ) -> Answer | Verdict:
        """The answer, or what it means that there was none. `secrets` are those of this one request."""
        sent = {"Content-Type": JSON_TYPE, **(headers or {})}
        url = self.url + (("&" if "?" in self.url else "?") + query if query else "")
        until = deadline or self.deadline()
        reply = self._outbound.request("POST", url, until, headers=sent, body=body, largest=LARGEST_BODY)
        if isinstance(reply, NoReply):
            return self._unreached(reply)
        return self._answer(reply, (*forms_of(secrets), *self._secrets))

    def close(self) -> None:
        """Close connections that are not in use."""
        self._outbound.close()

    def _answer(self, reply: Reply, secrets: Iterable[Form]) -> Answer:
        text = without(reply.body.decode("utf-8", "replace"), secrets)
        return Answer(self.host, reply.status, reply.headers, text.replace("\x00", ""))

    def _unreached(self, reply: NoReply) -> Verdict:
        detail = without(reply.detail, self._secrets)
        if reply.code == "refused":
            detail += f"; if it is meant to lie there, set inner = true in [channels.{self._name}]"
        outcome = Outcome.PERMANENT_CHANNEL if reply.code in _LASTING else Outcome.TRANSIENT
        return Verdict(outcome, reply.code, one_line(detail))


def token_key(kind: str, token: str) -> str:
    """What a bot's limits are counted under: the same for all who speak through it, and no way back to its token."""
    return hashlib.sha256(f"{kind}\n{token}".encode()).hexdigest()[:32]


def json_body(value: Any) -> bytes:
    """JSON as UTF-8, with characters as they are: escaped ones would take twice the room."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def fitted_body(build: Callable[[int], Any], most: int) -> bytes:
    """The JSON of `build(room)` in at most `most` bytes, `room` being what its texts may take, less with each try."""
    room = most
    while True:
        body = json_body(build(room))
        if len(body) <= most or room == 0:
            return body
        room = max(0, room - max(len(body) - most, 16))
