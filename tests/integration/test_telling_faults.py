"""Sweepers that are killed while reports come in: in the end every channel believes what is so, and was told once."""

import json
import random
import secrets
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from consistency.database import transaction
from consistency.ledger.alert_tables import alert_changes, alerts
from consistency.ledger.delivery_tables import deliveries, delivery_attempts, notification_groups
from consistency.ledger.tables import check_runs
from notifiers.messages.message import Message
from tests.factories.kinds import LONG
from tests.factories.limiting import eventually
from tests.factories.newsroom import Newsroom, newsroom_of
from tests.factories.reports import finding
from tests.servers.own_redis import OwnRedis
from tests.servers.process import account, private_folder
from tests.servers.webhooks import WebhookReceiver, receiving

PROGRAM = Path(__file__).with_name("sweeper_program.py")
CHANNELS = ("chat", "mail")


class Sweepers:
    """Processes of their own; whoever is killed is replaced."""

    def __init__(self, order: dict[str, Any], number: int) -> None:
        self._order = json.dumps(order)
        self._working = [self._hired() for _ in range(number)]
        self.killed = 0

    def _hired(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, PROGRAM, self._order])

    def kill_one(self) -> None:
        """End one without warning, and start another."""
        victim = self._working.pop(0)
        assert victim.poll() is None, "a sweeper has ended by itself"
        victim.kill()
        victim.wait()
        self.killed += 1
        self._working.append(self._hired())

    def dismiss(self) -> None:
        for each in self._working:
            each.kill()
            each.wait()


@contextmanager
def sweepers(order: dict[str, Any], number: int) -> Iterator[Sweepers]:
    crew = Sweepers(order, number)
    try:
        yield crew
    finally:
        crew.dismiss()


class Happening:
    """Things that go wrong at one report and are well again at a later one, or never."""

    def __init__(self, luck: random.Random, things: int, reports: int) -> None:
        begins = [luck.randrange(reports - 1) for _ in range(things)]
        never = reports + 1
        ends = [luck.choice([never, luck.randrange(begin + 1, reports)]) for begin in begins]
        self.reports = reports
        self._wrong = [range(begin, end) for begin, end in zip(begins, ends, strict=True)]

    def wrong_at(self, number: int) -> set[str]:
        """What report number so and so finds."""
        return {f"thing-{thing}" for thing, when in enumerate(self._wrong) if number in when}

    def report(self, room: Newsroom, number: int) -> None:
        found = [finding(source, "high", f"{source} is wrong") for source in sorted(self.wrong_at(number))]
        room.check(0, after=number / 10, findings=found)


def settings_of(receiver: WebhookReceiver, redis_url: str, folder: Path) -> dict[str, Any]:
    """Two channels that hear of everything at once."""
    web = {"kind": "webhook", "url": receiver.url, "inner": True, "timeout": "5s"}
    at_once = {"id": "all", "receivers": CHANNELS, "quiet": "0", "cap": "0", "group_interval": "0"}
    return {
        "channels": dict.fromkeys(CHANNELS, web),
        "routes": [at_once],
        "redis_url": redis_url,
        "log_dir": str(folder / "logs"),
    }


def all_is_told(room: Newsroom) -> bool:
    """Nothing waits to be taken in, to be sent or to be filed."""
    untold = select(func.count()).select_from(check_runs).where(check_runs.c.notified_at.is_(None))
    unsent = select(func.count()).select_from(deliveries).where(deliveries.c.state != "sent")
    unfiled = select(func.count()).select_from(alert_changes).where(alert_changes.c.filed_at.is_(None))
    with transaction(room.resources.store) as connection:
        return not any(connection.scalar(question) for question in (untold, unsent, unfiled))


def wait_for(room: Newsroom, question: Callable[[], bool]) -> None:
    """As `eventually`, and says what is stuck if it never comes."""
    try:
        eventually(question)
    except AssertionError:
        with transaction(room.resources.store) as connection:
            stuck = list(connection.execute(select(deliveries).where(deliveries.c.state != "sent")))
            groups = list(connection.execute(select(notification_groups)))
            tried = list(connection.execute(select(delivery_attempts).where(delivery_attempts.c.outcome != "ok")))
        raise AssertionError(f"{stuck=} {groups=} {tried=}") from None


def believed_after(messages: Sequence[Message]) -> set[str]:
    """What a reader of these takes for wrong in the end; each message must have said something new."""
    believed: set[str] = set()
    for message in messages:
        before = set(believed)
        ended = {alert.labels["source"] for alert in message.resolved}
        assert ended <= before, f"{message.id} ends what was never told: {ended - before}"
        believed = (believed - ended) | {alert.labels["source"] for alert in message.firing}
        assert believed != before, f"{message.id} ({message.reason}) says nothing new"
    return believed


def firing(engine: Engine) -> set[str]:
    with transaction(engine) as connection:
        rows = connection.execute(select(alerts.c.labels).where(alerts.c.state == "firing", alerts.c.kind == "finding"))
        return {json.loads(row.labels)["source"] for row in rows}


def assert_all_was_told_once(room: Newsroom, receiver: WebhookReceiver, truth: set[str], killed: int) -> None:
    assert firing(room.resources.store) == truth
    told = {name: room.messages(name) for name in CHANNELS}
    assert {name: believed_after(messages) for name, messages in told.items()} == dict.fromkeys(CHANNELS, truth)
    came = Counter(found.id for found in receiver.received)
    assert set(came) == {message.id for messages in told.values() for message in messages}
    assert came.total() - len(came) <= killed, "more came twice than sweepers were killed"
    lines = [
        json.loads(line) for path in room.settings.log_dir.glob("alerts/*") for line in path.read_text().splitlines()
    ]
    assert len(lines) >= room.count(alert_changes)


def go_on(
    room: Newsroom, crew: Sweepers, happening: Happening, luck: random.Random, reports: range, kills: int
) -> None:
    """Reports come in while sweepers are killed at moments of all kinds."""
    dying = set(luck.sample(reports, kills))
    for number in reports:
        happening.report(room, number)
        if number in dying:
            before = room.count(deliveries)
            if luck.random() < 0.5:
                wait_for(room, lambda before=before: room.count(deliveries) > before or all_is_told(room))  # type: ignore[misc]
            crew.kill_one()


def run(
    engine: Engine,
    database_url: str,
    redis_url: str,
    redis: Sequence[AbstractContextManager[object]],
    kills: int,
    folder: Path,
    luck: random.Random,
) -> None:
    """So many kills, in equal shares while Redis is as each of `redis` has it."""
    with receiving() as receiver:
        settings = settings_of(receiver, redis_url, folder)
        room = newsroom_of(engine, **settings)
        happening = Happening(luck, things=12, reports=8 * kills)
        share = happening.reports // len(redis)
        with sweepers({"database_url": database_url, "settings": settings}, 3) as crew:
            for part, manner in enumerate(redis):
                with manner:
                    reports = range(part * share, (part + 1) * share)
                    go_on(room, crew, happening, luck, reports, kills // len(redis))
                    wait_for(room, lambda: all_is_told(room))
            # Of two reports the later may have been taken in first; what comes after both sets it right.
            happening.report(room, happening.reports)
            wait_for(room, lambda: all_is_told(room))
        assert_all_was_told_once(room, receiver, happening.wrong_at(happening.reports), crew.killed)


@pytest.mark.parametrize("database_url", LONG, indirect=True)
def test_who_dies_while_reports_come_in_leaves_every_channel_with_the_truth(
    database_url: str, engine: Engine, redis_url: str, tmp_path: Path
) -> None:
    run(engine, database_url, redis_url, [nullcontext()], 3, tmp_path, random.Random(11))


@pytest.mark.full
def test_thirty_kills_and_a_redis_that_stops_leave_every_channel_with_the_truth(
    database_url: str, engine: Engine, tmp_path: Path
) -> None:
    seed = secrets.randbits(32)
    print("seed", seed)  # noqa: T201 - shown when the test fails
    with private_folder(account()) as folder:
        ours = OwnRedis(folder)
        redis: list[AbstractContextManager[object]] = [ours.running(), nullcontext(), ours.running()]
        run(engine, database_url, ours.service.url, redis, 30, tmp_path, random.Random(seed))
