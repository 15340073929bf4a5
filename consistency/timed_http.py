"""HTTP where one deadline holds for a whole answer and its size is bounded: for everything we ask of other machines."""

import os
import socket
import threading
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.utils import check_header_validity
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from consistency.http_trouble import NoReply, trouble
from consistency.timed_sockets import Deadline, Guard, TimedSocket, open_connection

LARGEST_BODY = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered; `complete` is False if the body was larger than wanted, and then it is cut off."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    complete: bool = True


class TimedHttp:
    """Sessions with connections kept open, one a thread; nothing of the environment (proxies, .netrc) is used.

    `guard` chooses among a host's addresses each time a connection is made, so that what was checked is connected to.
    `ca_file` is trusted instead of the usual authorities.
    """

    def __init__(self, guard: Guard | None = None, ca_file: str = "") -> None:
        self._guard = guard
        self._ca_file = ca_file
        self._local = threading.local()
        self._sessions: weakref.WeakSet[requests.Session] = weakref.WeakSet()

    def ask(
        self,
        method: str,
        url: str,
        deadline: Deadline,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        body: bytes | None = None,
        largest: int = LARGEST_BODY,
    ) -> Reply | NoReply:
        """One answer, redirects included as they are; never raises for what the other side or the way to it does."""
        route, session = self._of_this_thread()
        route.deadline, route.failure = deadline, None
        try:
            request = route.prepared(session, method, url)
            for header in (headers or {}).items():
                check_header_validity(header)
            request.headers.update(headers or {})
            request.prepare_body(body, None, json)
            with session.send(request, timeout=deadline.left(), allow_redirects=False, stream=True) as response:
                return _read(response, largest)
        except (OSError, HTTPError, HTTPException, ValueError) as error:
            return trouble(route.failure or error, url, deadline)

    def close(self) -> None:
        """Close every connection that is not in use."""
        for session in list(self._sessions):
            session.close()

    def _of_this_thread(self) -> "tuple[_Route, requests.Session]":
        held: tuple[int, _Route, requests.Session] | None = getattr(self._local, "held", None)
        # A forked child must not speak on its parent's connections.
        if held is None or held[0] != os.getpid():
            route = _Route(self._guard)
            held = self._local.held = (os.getpid(), route, _session(route, self._ca_file))
            self._sessions.add(held[2])
        return held[1], held[2]


def _session(route: "_Route", ca_file: str) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.verify = ca_file or True
    session.headers["User-Agent"] = "reconcilery"
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Adapter(route))
    return session


def _read(response: requests.Response, largest: int) -> Reply:
    body: bytes = response.raw.read(largest + 1, decode_content=True)
    return Reply(response.status_code, response.headers, body[:largest], complete=len(body) <= largest)


class _Route:
    """What the connections of one thread go by: the deadline of the present question, and what went wrong."""

    def __init__(self, guard: Guard | None) -> None:
        self.guard = guard
        self.deadline: Deadline
        self.failure: BaseException | None = None
        self._latest: tuple[str, str, requests.PreparedRequest] | None = None

    def prepared(self, session: requests.Session, method: str, url: str) -> requests.PreparedRequest:
        """A request of its own without body; taking an address apart takes long, and often it is the one before."""
        if self._latest is None or self._latest[:2] != (method, url):
            bare = requests.Request(method, url, headers={"Accept-Encoding": "identity"})
            self._latest = method, url, session.prepare_request(bare)
        return self._latest[2].copy()

    def open(self, host: str, port: int) -> socket.socket:
        sock = open_connection(host, port, self.deadline, self.guard)
        sock.settimeout(self.deadline.left())
        return sock

    def timed(self, sock: Any) -> Any:
        return TimedSocket(sock, lambda: self.deadline)


class _PlainConnection(HTTPConnection):
    def __init__(self, *args: Any, route: _Route, **options: Any) -> None:
        super().__init__(*args, **options)
        self._route = route

    def _new_conn(self) -> socket.socket:
        return self._route.open(self._dns_host, self.port)

    def connect(self) -> None:
        try:
            super().connect()
        except BaseException as error:
            self._route.failure = error
            raise
        self.sock = self._route.timed(self.sock)


class _TlsConnection(_PlainConnection, HTTPSConnection):
    """The handshake has its time limit from the socket, and goes by the name that was asked for."""


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class _Pools(PoolManager):
    def __init__(self, route: _Route, **options: Any) -> None:
        super().__init__(**options)
        self._route = route
        self.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}

    def _new_pool(self, *args: Any, **options: Any) -> HTTPConnectionPool:
        pool = super()._new_pool(*args, **options)
        pool.conn_kw["route"] = self._route
        return pool


class _Adapter(HTTPAdapter):
    def __init__(self, route: _Route) -> None:
        self._route = route
        super().__init__()

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:  # noqa: FBT001, FBT002 - as requests declares it
        self.poolmanager = _Pools(self._route, num_pools=connections, maxsize=maxsize, block=block, **options)
