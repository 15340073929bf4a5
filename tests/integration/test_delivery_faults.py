"""Senders that are killed at any moment: every message arrives, and one that arrives twice has one id."""

import json
import random
import secrets
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.factories.kinds import LONG
from tests.factories.limiting import eventually
from tests.factories.posting import Office, office_of
from tests.servers.own_redis import OwnRedis
from tests.servers.process import account, private_folder

PROGRAM = Path(__file__).with_name("sender_program.py")
LINES = 3


class Crew:
    """Senders as processes of their own; whoever is killed is replaced."""

    def __init__(self, office: Office, database_url: str, redis_url: str, windows: list[tuple[int, float]]) -> None:
        url = office.receiver.server.url
        order = {"part": "send", "url": url, "database_url": database_url, "redis_url": redis_url, "windows": windows}
        self._order = json.dumps(order)
        self._senders: list[subprocess.Popen[bytes]] = []
        self.killed = 0

    def hire(self, number: int) -> None:
        """Start so many more."""
        for _ in range(number):
            self._senders.append(subprocess.Popen([sys.executable, PROGRAM, self._order]))

    def kill_one(self) -> None:
        """End one without warning, and start another."""
        victim = self._senders.pop(0)
        assert victim.poll() is None, "a sender has ended by itself"
        victim.kill()
        victim.wait()
        self.killed += 1
        self.hire(1)

    def dismiss(self) -> None:
        """End all."""
        for sender in self._senders:
            sender.kill()
            sender.wait()


@contextmanager
def crew_of(office: Office, database_url: str, redis_url: str, windows: list[tuple[int, float]]) -> Iterator[Crew]:
    crew = Crew(office, database_url, redis_url, windows)
    try:
        yield crew
    finally:
        crew.dismiss()


def fill(office: Office, number: int) -> list[str]:
    for at in range(LINES):
        office.line(f"line-{at}")
    return [office.put(f"line-{at % LINES}", at + 1) for at in range(number)]


def arrived(office: Office) -> Counter[str]:
    """How often each id came."""
    return Counter(one for at in range(LINES) for one in office.receiver.ids(f"line-{at}"))


def all_sent(office: Office) -> bool:
    return set(office.states().values()) == {"sent"}


def assert_nothing_was_lost(office: Office, ids: list[str], crew: Crew) -> None:
    came = arrived(office)
    assert set(came) == set(ids)
    assert sum(came.values()) - len(ids) <= crew.killed, f"more came twice than senders were killed: {crew.killed}"


@pytest.mark.parametrize("database_url", LONG, indirect=True)
def test_no_message_is_lost_when_senders_are_killed(database_url: str, engine: Engine, redis_url: str) -> None:
    luck = random.Random(7)
    with office_of(engine) as office:
        ids = fill(office, 60)
        with crew_of(office, database_url, redis_url, [(40, 1.0)]) as crew:
            crew.hire(2)
            for _ in range(3):
                wanted = min(len(ids), arrived(office).total() + luck.randrange(5, 15))
                eventually(lambda wanted=wanted: arrived(office).total() >= wanted)  # type: ignore[misc]
                crew.kill_one()
            eventually(lambda: all_sent(office))
        assert_nothing_was_lost(office, ids, crew)


@pytest.mark.full
@pytest.mark.parametrize("database_url", ["postgresql", "mariadb"], indirect=True)
def test_of_1500_messages_none_is_lost_under_thirty_kills_and_without_redis(
    database_url: str, engine: Engine, redis_server: str
) -> None:
    seed = secrets.randbits(32)
    luck = random.Random(seed)
    with private_folder(account()) as folder, office_of(engine) as office:
        redis_of_ours = OwnRedis(folder)
        ids = fill(office, 1500)
        with crew_of(office, database_url, redis_of_ours.service.url, [(200, 1.0)]) as crew:
            for running in (True, False, True):
                if running:
                    with redis_of_ours.running():
                        _kill(crew, office, luck, 10)
                else:
                    _kill(crew, office, luck, 10)
            eventually(lambda: all_sent(office))
        assert crew.killed == 30, seed
        assert_nothing_was_lost(office, ids, crew)


def _kill(crew: Crew, office: Office, luck: random.Random, times: int) -> None:
    if not crew.killed:
        crew.hire(4)
    for _ in range(times):
        before = arrived(office).total()
        wanted = luck.randrange(1, 45)
        eventually(lambda before=before, wanted=wanted: arrived(office).total() >= before + wanted or all_sent(office))  # type: ignore[misc]
        crew.kill_one()
