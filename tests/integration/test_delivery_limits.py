"""The limits of a bot: over several processes with Redis, and in each process without it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from sqlalchemy import Engine

from consistency.latest import connect
from consistency.settings import Settings
from consistency.shared import Shared
from notifiers.channels.channel import RateWindow
from notifiers.deliveries.limits import Limiter
from notifiers.deliveries.sending import deliver
from notifiers.deliveries.sending_round import deliver_due
from tests.factories.limiting import eventually
from tests.factories.posting import Line, Office, office_of
from tests.servers.own_redis import OwnRedis
from tests.servers.process import account, private_folder

PROGRAM = Path(__file__).with_name("sender_program.py")
DAY = 86_400.0


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with connect(Settings(redis_url=redis_url)) as connected:
        yield connected


@pytest.fixture(params=["shared", "alone"])
def shared(request: pytest.FixtureRequest) -> Iterator[Shared]:
    """The real Redis, and none: both must behave alike."""
    given = Shared(request.getfixturevalue("client") if request.param == "shared" else None)
    yield given
    assert not given.lost
    given.close()


@pytest.fixture
def office(sqlite: Engine, client: redis.Redis) -> Iterator[Office]:
    with office_of(sqlite, Shared(client)) as office:
        yield office


def line(*windows: tuple[int, float], key: str = "bot") -> Line:
    return Line("http://127.0.0.1:1/", windows=tuple(RateWindow(*window) for window in windows), limit_key=key)


def granted(limiter: Limiter, bot: Line, tries: int) -> int:
    return sum(not limiter.take(bot) for _ in range(tries))


def start(part: str, **order: Any) -> subprocess.Popen[bytes]:
    given = json.dumps({"part": part, **order})
    return subprocess.Popen([sys.executable, PROGRAM, given], env={**os.environ})


def test_processes_together_never_exceed_any_of_the_windows(redis_url: str, client: redis.Redis) -> None:
    windows = [(5, 0.5), (12, 2.0)]
    senders = [start("take_grants", redis_url=redis_url, windows=windows, total=30) for _ in range(4)]
    assert [sender.wait(120) for sender in senders] == [0, 0, 0, 0]
    grants = [json.loads(grant) for grant in client.lrange("grants", 0, -1)]
    assert len(grants) >= 30
    for calls, seconds in windows:
        for begin, _ in grants:
            # A grant was given between its two moments: these lie in the window for certain.
            certain = [last for first, last in grants if begin <= first and last < begin + seconds]
            assert len(certain) <= calls


def test_a_window_has_room_for_its_calls_and_no_more(shared: Shared) -> None:
    limiter = Limiter(shared, "test:")
    assert granted(limiter, line((3, DAY)), 10) == 3
    assert DAY - 100 < limiter.take(line((3, DAY))) <= DAY


def test_a_call_that_one_window_refuses_uses_up_none_of_another(shared: Shared) -> None:
    limiter = Limiter(shared, "test:")
    wide, narrow = (3, DAY), (1, 0.05)
    taken = 0
    while taken < 3:
        taken += eventually(lambda: granted(limiter, line(wide, narrow), 5))
    assert granted(limiter, line(wide, narrow), 5) == 0
    assert limiter.take(line(wide)) > DAY - 100


def test_a_window_moves(shared: Shared) -> None:
    limiter = Limiter(shared, "test:")
    assert granted(limiter, line((2, 0.1)), 2) == 2
    assert eventually(lambda: not limiter.take(line((2, 0.1))))


def test_each_bot_has_its_own_limits_and_one_without_has_none(shared: Shared) -> None:
    limiter = Limiter(shared, "test:")
    assert granted(limiter, line((1, DAY), key="one"), 3) == 1
    assert granted(limiter, line((1, DAY), key="two"), 3) == 1
    assert granted(limiter, line(), 100) == 100


def test_what_is_kept_of_a_bot_ends_and_stands_under_the_prefix(client: redis.Redis) -> None:
    granted(Limiter(Shared(client), "a.b:"), line((5, 0.01), (100, 60.0)), 5)
    assert client.keys() == ["a.b:channel:bot"]
    assert 60_000 < client.pttl("a.b:channel:bot") <= 61_000
    eventually(
        lambda: not Limiter(Shared(client), "a.b:").take(line((5, 0.01))) and client.zcard("a.b:channel:bot") < 3
    )


def test_without_redis_each_process_keeps_to_an_eighth_and_to_what_it_has_used(redis_server: str) -> None:
    with private_folder(account()) as folder:
        server = OwnRedis(folder)
        with connect(Settings(redis_url=server.service.url)) as client:
            limiter = Limiter(Shared(client), "test:")
            bot, slow = line((32, DAY)), line((2, DAY), key="slow")
            with server.running():
                assert granted(limiter, bot, 2) == 2
            assert granted(limiter, bot, 10) == 2
            assert granted(limiter, slow, 10) == 1
            with server.running():
                assert eventually(lambda: granted(limiter, bot, 40)) >= 20


def test_a_message_that_a_limit_holds_back_was_not_tried(office: Office) -> None:
    office.line("chat", windows=(RateWindow(1, DAY),))
    first, second = office.put(seq=1), office.put(seq=2)
    assert deliver(office.post, first)["state"] == "sent"
    told = deliver(office.post, second)
    assert (told["state"], told["outcome"], told["attempts"]) == ("queued", "", 0)
    found = office.find(second)
    assert (found.next_at - found.created_at).total_seconds() > DAY - 1000
    assert found.attempts == 0


def test_a_sender_waits_a_little_for_a_limit(office: Office) -> None:
    office.line("chat", windows=(RateWindow(1, 0.3),))
    ids = [office.put(seq=number) for number in (1, 2, 3)]
    assert [deliver(office.post, delivery_id)["state"] for delivery_id in ids] == ["sent"] * 3


def test_a_channel_at_its_limit_holds_up_no_other_one(office: Office) -> None:
    office.line("slow", windows=(RateWindow(1, DAY),))
    for number in range(1, 80):
        office.put("slow", number)
    ids = [office.put("chat", number) for number in range(1, 4)]
    assert deliver_due(office.post, 100)["sent"] == 4
    assert office.receiver.ids("chat") == ids
    assert len(office.receiver.seen("slow")) == 1


def test_a_sweep_uses_what_the_limits_allow_again_meanwhile(office: Office) -> None:
    office.line("slow", windows=(RateWindow(2, 0.2),))
    for number in range(1, 8):
        office.put("slow", number)
    assert deliver_due(office.post, 100)["sent"] == 7


def test_a_sweep_ends_with_its_limit(office: Office) -> None:
    for number in range(1, 8):
        office.put("chat", number)
    assert deliver_due(office.post, 5)["sent"] == 5


def test_a_probe_that_a_limit_holds_back_is_left_to_another_one(office: Office) -> None:
    office.line("chat", windows=(RateWindow(1, DAY),))
    deliver(office.post, office.put(seq=1))
    office.break_channel("chat", probe=True)
    assert deliver(office.post, office.put(seq=2))["outcome"] == ""
    office.line("chat")
    office.end_pause("chat")
    assert deliver(office.post, office.put(seq=3))["channel_turn"]["broken"] is False
