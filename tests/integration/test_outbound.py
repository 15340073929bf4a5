"""Requests to addresses from data: what leads into the inner network is refused, however it is written or reached."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from consistency.http_trouble import NoReply
from consistency.outbound import Outbound
from consistency.timed_http import Reply, TimedHttp
from consistency.timed_sockets import Address, Deadline, open_connection
from tests.servers.certificates import certificate, speak_tls
from tests.servers.talking import Request, Response, Talking, serving

PATIENT = timedelta(seconds=60)
SHORT = timedelta(milliseconds=700)


class Place:
    """A server with what it was asked."""

    def __init__(self) -> None:
        self.seen: list[Request] = []
        self.answer = Response(200, b"here")
        self.server = Talking(self._note)

    def _note(self, request: Request) -> Response:
        self.seen.append(request)
        return self.answer

    @property
    def host(self) -> str:
        return urlsplit(self.server.url).netloc


@pytest.fixture
def place() -> Iterator[Place]:
    found = Place()
    with serving(found.server):
        yield found


@pytest.fixture
def other() -> Iterator[Place]:
    found = Place()
    with serving(found.server):
        yield found


def ask(
    url: str, *allowed: str, method: str = "GET", wait: timedelta = PATIENT, **more: dict[str, str]
) -> Reply | NoReply:
    with closing(Outbound(allowed)) as outbound:
        return outbound.request(method, url, Deadline(wait), headers=more.get("headers"))


def code(reply: Reply | NoReply) -> str:
    return reply.code if isinstance(reply, NoReply) else f"HTTP {reply.status}"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0.0.0.0",
        "localhost",
        "LOCALHOST",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "me:pass@127.0.0.1",
        "10.0.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "100.100.100.200",
    ],
)
def test_an_inner_address_is_refused_however_it_is_written(place: Place, host: str) -> None:
    port = place.host.rpartition(":")[2]
    reply = ask(f"http://{host}:{port}/")
    assert isinstance(reply, NoReply)
    assert reply.code == "refused"
    assert "inner network" in reply.detail
    assert place.seen == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "gopher://127.0.0.1/", "ftp://x/", "x", "", "http://[::1"])
def test_only_web_addresses_are_asked(url: str) -> None:
    assert code(ask(url)) == "refused"


@pytest.mark.parametrize(
    "url", ["http://", "http:///path", "https://a b/", f"http://{'a' * 64}.example/", "http://x:99999/"]
)
def test_an_address_without_a_host_is_no_address(url: str) -> None:
    assert code(ask(url)) == "address"


def test_an_allowed_host_is_asked_on_its_port_alone(place: Place, other: Place) -> None:
    assert code(ask(place.server.url, place.host)) == "HTTP 200"
    assert code(ask(other.server.url, place.host)) == "refused"
    assert other.seen == []


def test_every_redirect_is_checked_anew(place: Place, other: Place) -> None:
    place.answer = Response(302, headers={"Location": other.server.url})
    assert code(ask(place.server.url, place.host)) == "refused"
    assert other.seen == []
    assert code(ask(place.server.url, place.host, other.host)) == "HTTP 200"


def test_redirects_come_to_an_end(place: Place) -> None:
    place.answer = Response(307, headers={"Location": "/again"})
    reply = ask(place.server.url, place.host)
    assert isinstance(reply, NoReply)
    assert (reply.code, reply.detail) == ("redirects", f"{place.host} sends us on more than 3 times")
    assert len(place.seen) == 4


def test_credentials_stay_with_the_host_they_are_for(place: Place, other: Place) -> None:
    place.answer = Response(302, headers={"Location": other.server.url})
    ask(place.server.url, place.host, other.host, headers={"Authorization": "Bearer x", "X-Note": "y"})
    assert place.seen[0].headers["authorization"] == "Bearer x"
    assert "authorization" not in other.seen[0].headers
    assert other.seen[0].headers["x-note"] == "y"


def test_what_has_an_effect_is_not_sent_on(place: Place, other: Place) -> None:
    place.answer = Response(307, headers={"Location": other.server.url})
    assert code(ask(place.server.url, place.host, other.host, method="POST")) == "HTTP 307"
    assert other.seen == []


def test_a_body_is_read_up_to_its_cap(place: Place) -> None:
    place.answer = Response(200, b"x" * 100_000)
    reply = ask(place.server.url, place.host)
    assert isinstance(reply, Reply)
    assert (len(reply.body), reply.complete) == (65_536, False)


def test_one_deadline_holds_for_all_redirects(place: Place) -> None:
    place.answer = Response(302, headers={"Location": "/again"}, wait=0.3)
    assert code(ask(place.server.url, place.host, wait=SHORT)) == "timeout"


def test_what_was_checked_is_connected_to(place: Place, other: Place) -> None:
    asked: list[tuple[str, int, Sequence[Address]]] = []
    there = (socket.AF_INET, ("127.0.0.1", int(other.host.rpartition(":")[2])))

    def guard(host: str, port: int, addresses: Sequence[Address]) -> Sequence[Address]:
        asked.append((host, port, addresses))
        return [there]

    with closing(TimedHttp(guard)) as http:
        assert code(http.ask("GET", place.server.url, Deadline(PATIENT))) == "HTTP 200"
    assert len(asked) == 1
    assert place.seen == []
    assert other.seen[0].headers["host"] == place.host


def test_the_next_address_of_a_host_is_tried(place: Place) -> None:
    port = int(place.host.rpartition(":")[2])
    dead, alive = (socket.AF_INET6, ("::1", port)), (socket.AF_INET, ("127.0.0.1", port))
    with open_connection("localhost", port, Deadline(PATIENT), lambda *_asked: [dead, alive]) as sock:
        assert sock.getpeername() == alive[1]


def test_the_environment_has_no_say(place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    place.answer = Response(200, headers={"Set-Cookie": "a=b"})
    with closing(Outbound({place.host})) as outbound:
        for _ in range(2):
            assert code(outbound.request("GET", place.server.url, Deadline(PATIENT))) == "HTTP 200"
    assert not any({"cookie", "authorization"} & set(request.headers) for request in place.seen)


def test_each_thread_has_connections_of_its_own(place: Place) -> None:
    with closing(Outbound({place.host})) as outbound:

        def twice() -> None:
            for _ in range(2):
                outbound.request("GET", place.server.url, Deadline(PATIENT))

        threads = [threading.Thread(target=twice) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (len(place.seen), place.server.conversations) == (4, 2)


def test_a_name_is_verified_though_an_address_is_connected_to(place: Place, tmp_path: Path) -> None:
    port = int(place.host.rpartition(":")[2])
    found = certificate(tmp_path)
    speak_tls(place.server, found)
    with closing(TimedHttp(lambda _host, _port, _found: [(socket.AF_INET, ("127.0.0.1", port))])) as http:
        unknown = http.ask("GET", f"https://localhost:{port}/", Deadline(PATIENT))
        http._of_this_thread()[1].verify = str(found)
        right = http.ask("GET", f"https://localhost:{port}/", Deadline(PATIENT))
        wrong = http.ask("GET", f"https://127.0.0.2:{port}/", Deadline(PATIENT))
    assert (code(unknown), code(right), code(wrong)) == ("tls", "HTTP 200", "tls")
    assert isinstance(unknown, NoReply)
    assert unknown.detail == f"localhost:{port} has no valid certificate: self-signed certificate"


def test_a_handshake_that_never_ends_runs_into_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        assert code(ask(f"https://{host}/", host, wait=SHORT)) == "timeout"
