"""Requests to addresses that come from data: never into our own network, unless a host is allowed by name.

What is checked is the very address that is connected to, at the moment of connecting: a name that changes its mind in
between, a number written oddly or a redirect gains nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from consistency.addresses import is_open
from consistency.http_trouble import NoReply, host_of
from consistency.timed_http import Reply, TimedHttp
from consistency.timed_sockets import Address, AddressRefused, Deadline, Guard

MOST_REDIRECTS = 3
LARGEST_BODY = 64 * 1024
_SCHEMES = ("http", "https")
_REDIRECTS = (301, 302, 303, 307, 308)
_FOLLOWED = ("GET", "HEAD")
#: What belongs to the host that was asked first.
_PERSONAL = ("authorization", "cookie", "proxy-authorization")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of an address."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None


class Outbound:
    """Guarded requests; safe for threads, connections are kept. `allowed` are `host:port` that may lie anywhere.

    `ca_file` is trusted instead of the usual authorities.
    """

    def __init__(self, allowed: Collection[str] = (), ca_file: str = "") -> None:
        self._http = TimedHttp(_guard(frozenset(host.lower() for host in allowed)), ca_file)

    def request(
        self,
        method: str,
        url: str,
        deadline: Deadline,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        largest: int = LARGEST_BODY,
    ) -> Reply | NoReply:
        """The answer after three redirects at most, which only GET and HEAD follow; never raises for the other side.

        NoReply with the code `refused` means: that address lies in our own network, or is not http or https.
        """
        question = Question(method.upper(), url, dict(headers or {}), body)
        for _ in range(MOST_REDIRECTS + 1):
            reply = self._once(question, deadline, largest)
            place = _place(question, reply)
            if place is None:
                return reply
            question = _moved(question, place)
        return NoReply("redirects", f"{host_of(url)} sends us on more than {MOST_REDIRECTS} times")

    def close(self) -> None:
        """Close connections that are not in use."""
        self._http.close()

    def _once(self, question: Question, deadline: Deadline, largest: int) -> Reply | NoReply:
        scheme = _scheme(question.url)
        if scheme not in _SCHEMES:
            return NoReply("refused", "only addresses that begin with http:// or https:// are asked")
        return self._http.ask(
            question.method,
            question.url,
            deadline,
            headers=question.headers,
            body=question.body,
            largest=largest,
        )


def _scheme(url: str) -> str:
    try:
        return urlsplit(url).scheme
    except ValueError:
        return ""


def _place(question: Question, reply: Reply | NoReply) -> str | None:
    if isinstance(reply, NoReply) or reply.status not in _REDIRECTS or question.method not in _FOLLOWED:
        return None
    place = reply.headers.get("Location")
    try:
        return urljoin(question.url, place) if place else None
    except ValueError:
        return "nowhere:"


def _moved(question: Question, place: str) -> Question:
    same = _origin(question.url) == _origin(place)
    kept = {name: value for name, value in question.headers.items() if same or name.lower() not in _PERSONAL}
    return Question(question.method, place, kept, question.body)


def _origin(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", url
    return parts.scheme, parts.netloc


def _guard(allowed: frozenset[str]) -> Guard:
    def guard(host: str, port: int, addresses: Sequence[Address]) -> Sequence[Address]:
        if f"{host.lower()}:{port}" in allowed or f"[{host.lower()}]:{port}" in allowed:
            return addresses
        fit = [(family, place) for family, place in addresses if is_open(str(place[0]))]
        if addresses and not fit:
            raise AddressRefused(f"{host}:{port} lies in an inner network ({addresses[0][1][0]}), which is not asked")
        return fit

    return guard
