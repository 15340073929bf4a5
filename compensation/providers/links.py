"""Whether the file behind a link is still there, asked before a row is written that points to it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from compensation.providers.link_expiry import expiry_of, says_expired
from consistency.http_trouble import NoReply
from consistency.one_line import one_line
from consistency.outbound import Outbound
from consistency.timed_http import Reply
from consistency.timed_sockets import Deadline

_WELL = range(200, 300)
_GONE = (404, 410)
#: Signed links are often made for GET alone, and then a HEAD is refused though the file is there.
_HEAD_REFUSED = (400, 401, 403, 405, 501)
_REFUSED = (400, 401, 403)
_EMPTY_FILE = 416
_ONE_BYTE = {"Range": "bytes=0-0"}


class Life(StrEnum):
    """What is known of a link."""

    ALIVE = "alive"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class LinkState:
    """A link's life; `code` is its HTTP status or why there was none, `detail` one line that can be shown."""

    life: Life
    code: str = ""
    detail: str = ""


class LinkChecker:
    """Asks links for one byte at most; safe for threads. `allowed_hosts` (`host:port`) may lie on an inner network."""

    def __init__(self, allowed_hosts: Collection[str], timeout: timedelta) -> None:
        self._outbound = Outbound(allowed_hosts)
        self._timeout = timeout

    def __call__(self, url: str) -> str:
        """The life of the link in a word: alive, expired or unknown."""
        return self.state(url).life.value

    def state(self, url: str) -> LinkState:
        """What is known of the link; HEAD first, then a GET of one byte where HEAD is refused."""
        url, deadline = url.strip(), Deadline(self._timeout)
        reply = self._outbound.request("HEAD", url, deadline)
        if isinstance(reply, Reply) and reply.status in _HEAD_REFUSED:
            reply = self._outbound.request("GET", url, deadline, headers=_ONE_BYTE)
        return judged(url, reply, datetime.now(UTC))

    def close(self) -> None:
        """Close connections."""
        self._outbound.close()


def link_checker(allowed_hosts: Collection[str], timeout: timedelta) -> LinkChecker:
    """What a supply asks of each link; it keeps connections until it is closed."""
    return LinkChecker(allowed_hosts, timeout)


def link_problem(url: str, allowed_hosts: Collection[str], timeout: timedelta) -> LinkState:
    """What is known of one link; for many of them, keep a LinkChecker."""
    check = LinkChecker(allowed_hosts, timeout)
    try:
        return check.state(url)
    finally:
        check.close()


def judged(url: str, reply: Reply | NoReply, now: datetime) -> LinkState:
    """What the answer to a link says of it."""
    if isinstance(reply, NoReply):
        return LinkState(Life.UNKNOWN, reply.code, one_line(reply.detail))
    code = f"HTTP {reply.status}"
    if reply.status in _WELL or reply.status == _EMPTY_FILE:
        return LinkState(Life.ALIVE, code)
    if reply.status in _GONE:
        return LinkState(Life.EXPIRED, code, "the file is not there any more")
    if reply.status in _REFUSED and _has_ended(url, reply, now):
        return LinkState(Life.EXPIRED, code, "the link's time is over")
    return LinkState(Life.UNKNOWN, code, f"the link was answered with {code}")


def _has_ended(url: str, reply: Reply, now: datetime) -> bool:
    ends = expiry_of(url)
    return says_expired(reply.body) or (ends is not None and ends <= now)
