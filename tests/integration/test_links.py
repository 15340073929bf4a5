"""Links are looked at before a row points to them, against a server whose files are there, gone, expired or guarded."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from cli.up.ports import free_port
from compensation.providers.links import Life, LinkChecker, LinkState, link_problem
from tests.servers.runninghub import RunningHubServer, runninghub

PATIENT = timedelta(seconds=60)
SHORT = timedelta(milliseconds=700)


@pytest.fixture
def hub() -> Iterator[RunningHubServer]:
    with runninghub() as server:
        yield server


def host(hub: RunningHubServer) -> str:
    return hub.url.removeprefix("http://")


def state(hub: RunningHubServer, timeout: timedelta = PATIENT) -> LinkState:
    return link_problem(f"{hub.url}/files/7/0.png", {host(hub)}, timeout)


def test_a_file_that_is_there_costs_one_head(hub: RunningHubServer) -> None:
    assert state(hub) == LinkState(Life.ALIVE, "HTTP 200")
    assert hub.seen()["calls"] == {"files HEAD": 1}


@pytest.mark.parametrize("status", [403, 405, 501])
def test_a_server_that_refuses_head_is_asked_for_one_byte(hub: RunningHubServer, status: int) -> None:
    hub.rule("no_head", at="files", status=status)
    assert state(hub) == LinkState(Life.ALIVE, "HTTP 206")
    assert hub.seen()["calls"] == {"files HEAD": 1, "files GET": 1}


@pytest.mark.parametrize(
    ("mischief", "life", "code"),
    [
        ({"do": "status", "status": 404}, Life.EXPIRED, "HTTP 404"),
        ({"do": "status", "status": 410}, Life.EXPIRED, "HTTP 410"),
        ({"do": "expired"}, Life.EXPIRED, "HTTP 403"),
        ({"do": "status", "status": 403}, Life.UNKNOWN, "HTTP 403"),
        ({"do": "status", "status": 500}, Life.UNKNOWN, "HTTP 500"),
        ({"do": "status", "status": 429}, Life.UNKNOWN, "HTTP 429"),
        ({"do": "close"}, Life.UNKNOWN, "connection"),
        ({"do": "redirect", "to": "/files/8/0.png", "task": "7"}, Life.ALIVE, "HTTP 200"),
        ({"do": "redirect", "to": "/files/7/0.png"}, Life.UNKNOWN, "redirects"),
        ({"do": "redirect", "to": "http://169.254.169.254/latest/meta-data"}, Life.UNKNOWN, "refused"),
        ({"do": "redirect", "to": "file:///etc/passwd"}, Life.UNKNOWN, "refused"),
    ],
    ids=str,
)
def test_what_a_link_may_come_to(hub: RunningHubServer, mischief: dict[str, Any], life: Life, code: str) -> None:
    hub.rule(at="files", **mischief)
    found = state(hub)
    assert (found.life, found.code) == (life, code)
    assert "\n" not in found.detail


@pytest.mark.parametrize("mischief", ["trickle_head", "slow"])
def test_a_link_that_is_too_slow_is_not_called_dead(hub: RunningHubServer, mischief: str) -> None:
    hub.rule(mischief, at="files", seconds=3600)
    assert (state(hub, SHORT).life, state(hub, SHORT).code) == (Life.UNKNOWN, "timeout")


def test_a_server_that_is_ill_for_a_moment_is_asked_again_with_success(hub: RunningHubServer) -> None:
    hub.rule("status", at="files", status=503, times=1)
    check = LinkChecker({host(hub)}, PATIENT)
    assert [check(f"{hub.url}/files/7/0.png") for _ in range(2)] == ["unknown", "alive"]
    check.close()


def test_a_link_into_the_inner_network_is_not_asked(hub: RunningHubServer) -> None:
    found = link_problem(f"{hub.url}/files/7/0.png", (), PATIENT)
    assert (found.life, found.code) == (Life.UNKNOWN, "refused")
    assert found.detail == f"{host(hub)} lies in an inner network (127.0.0.1), which is not asked"
    assert hub.seen()["calls"] == {}


def test_a_host_that_is_not_there_is_not_called_dead() -> None:
    port = free_port()
    found = link_problem(f"http://127.0.0.1:{port}/a.png", {f"127.0.0.1:{port}"}, PATIENT)
    assert (found.life, found.code) == (Life.UNKNOWN, "connection")


@pytest.mark.parametrize(
    "url", ["", "a.png", "ftp://files.example/a.png", "data:image/png;base64,AA", "http://[", "//x/y"]
)
def test_what_is_no_web_address_is_not_asked(url: str) -> None:
    assert link_problem(url, (), PATIENT).code == "refused"
