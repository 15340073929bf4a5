"""The limits of a provider while Redis stops, freezes, comes back, or refuses scripts."""

import secrets
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from structlog.testing import capture_logs

from cli.up.embedded import find_server, private_redis, redis_answers
from cli.up.ports import free_port
from compensation.limits.gate import GateTimes
from compensation.provider import Answer, Kind
from compensation.supply import Held, Supply
from consistency.latest import connect
from tests.factories.limiting import Scripted, eventually, limits
from tests.servers.process import account, private_folder, serving

HASTY = GateTimes(patience=0.0)


class Server:
    """A Redis of the test's own that can be stopped, frozen and started again at the same address."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._service = private_redis(find_server(), folder, free_port(), secrets.token_hex(16))
        self.url = self._service.url

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        with serving(account(), self._service.command, self._folder, lambda: redis_answers(self.url)) as process:
            yield process


@pytest.fixture
def server(redis_server: str) -> Iterator[Server]:
    with private_folder(account()) as folder:
        yield Server(folder)


def test_without_an_answer_of_redis_each_process_goes_on_with_its_part(server: Server) -> None:
    provider = Scripted([Kind.FOUND])
    settings = limits(server.url, provider_rate=0.04, repair_workers=4)
    with connect(settings) as client:
        supply = Supply(provider, settings, client, times=HASTY)
        with server.running():
            assert isinstance(supply.fetch("1"), Answer)
            assert supply.throttle_reason() is None
            held = supply.fetch("2")
            assert isinstance(held, Held)
            assert held.seconds <= 25
        assert isinstance(supply.fetch("3"), Answer)
        held = supply.fetch("4")
        assert isinstance(held, Held)
        assert 25 < held.seconds <= 100
        assert held.reason == "limit of 0.01 calls/s in each process while Redis cannot be used"
        assert supply.throttle_reason() == held.reason
        with server.running():
            eventually(lambda: supply.throttle_reason() == "limit of 0.04 calls/s")
            assert client.keys() != []
    assert provider.asked == ["1", "3"]


def test_what_was_known_of_an_ill_provider_outlives_redis(server: Server) -> None:
    provider = Scripted([Kind.TRANSIENT])
    settings = limits(server.url)
    with connect(settings) as client:
        supply = Supply(provider, settings, client)
        with server.running():
            while isinstance(supply.fetch("1"), Answer):
                pass
        held = supply.fetch("2")
        assert isinstance(held, Held)
        assert held.reason.startswith("provider_open until ")
    assert provider.asked == ["1"] * 5


def test_a_frozen_redis_holds_nobody_up(server: Server) -> None:
    provider = Scripted([Kind.FOUND])
    settings = limits(server.url)
    with connect(settings) as client, server.running() as process:
        supply = Supply(provider, settings, client)
        assert supply.fetch("1") == Answer(Kind.FOUND)
        process.send_signal(signal.SIGSTOP)
        try:
            assert [supply.fetch("2") for _ in range(20)] == [Answer(Kind.FOUND)] * 20
        finally:
            process.send_signal(signal.SIGCONT)
        assert supply.fetch("3") == Answer(Kind.FOUND)


def test_an_ill_provider_is_remembered_over_a_restart_of_redis(server: Server) -> None:
    settings = limits(server.url)
    with connect(settings) as client:
        with server.running():
            before = Supply(Scripted([Kind.TRANSIENT]), settings, client)
            while isinstance(before.fetch("1"), Answer):
                pass
            eventually(lambda: client.info("persistence")["aof_pending_bio_fsync"] == 0)
        with server.running():
            assert isinstance(Supply(Scripted([Kind.FOUND]), settings, client).fetch("1"), Held)


def test_without_the_right_to_run_scripts_it_goes_on_and_logs_why(redis_url: str) -> None:
    admin = redis.Redis.from_url(redis_url)
    admin.acl_setuser("few", enabled=True, passwords=["+pw"], keys=["*"], categories=["+@all", "-@scripting"])
    try:
        settings = limits(f"redis://few:pw@{redis_url.rpartition('@')[2]}", provider_rate=0.01)
        with connect(settings) as limited, capture_logs() as logs:
            supply = Supply(Scripted([Kind.FOUND]), settings, limited, times=HASTY)
            assert isinstance(supply.fetch("1"), Answer)
            held = supply.fetch("2")
            assert isinstance(held, Held)
            assert "while Redis cannot be used" in held.reason
            supply.close()
        assert [(line["event"], "permission" in line["reason"]) for line in logs] == [
            ("limits.each_process_by_itself", True)
        ]
    finally:
        admin.acl_deluser("few")
        admin.close()
