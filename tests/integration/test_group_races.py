"""Many who see alerts, and many who look at groups, at one time: everything is told, and nothing twice."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from consistency.database import transaction
from consistency.ledger.alert_tables import alerts
from consistency.ledger.delivery_tables import group_members
from notifiers.alerts.ingest import ingest
from notifiers.deciding.flushing import flush
from notifiers.messages.message import Message
from tests.factories.bulletin import Bulletin, bulletin, console, moment, told, wrong
from tests.factories.kinds import LONG
from tests.factories.limiting import eventually
from tests.factories.taking_away import meanwhile, until_somebody_waits

ROOT = Path(__file__).parent.parent.parent
PROGRAM = Path(__file__).with_name("groups_program.py")
ALERTS, PROCESSES = 500, 8
#: So long that no burst of the test ends by itself.
PATIENT = {"channels": {"chat": console(), "mail": console()}, "routes": [
    {"id": "all", "receivers": ["chat", "mail"], "quiet": "20s", "cap": "60s"},
]}  # fmt: skip
HASTY = {"channels": {"chat": console()}, "routes": [
    {"id": "all", "receivers": ["chat"], "quiet": "0", "cap": "0", "group_interval": "0"},
]}  # fmt: skip


def seers(url: str) -> list[subprocess.Popen[bytes]]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    order = {"url": url, "settings": PATIENT, "alerts": ALERTS, "processes": PROCESSES}
    orders = [json.dumps(order | {"process": number}) for number in range(PROCESSES)]
    return [subprocess.Popen([sys.executable, PROGRAM, each], env=environment) for each in orders]


def looked_by_three(made: Bulletin, after: float) -> list[tuple[str, Message]]:
    """What three who look at the same time decide together."""
    found: list[tuple[str, Message]] = []
    with meanwhile(*(lambda: found.extend(made.messages(after)) for _ in range(3))):
        pass
    return sorted(found, key=lambda each: each[0])


def counted(engine: Engine, state: str) -> int:
    with transaction(engine) as connection:
        return connection.scalar(select(func.count()).select_from(alerts).where(alerts.c.state == state)) or 0


@pytest.mark.parametrize("database_url", LONG, indirect=True)
def test_many_processes_see_hundreds_of_alerts_begin_and_end_and_each_channel_gets_two_messages(
    engine: Engine, database_url: str
) -> None:
    made = bulletin(engine, **PATIENT)
    processes = seers(database_url)

    def all_are_seen() -> bool:
        assert made.look(0) == []
        return counted(engine, "firing") == ALERTS

    eventually(all_are_seen)
    sent = looked_by_three(made, 100)
    assert [(channel, message.reason, len(message.firing)) for channel, message in sent] == [
        ("chat", "first", ALERTS),
        ("mail", "first", ALERTS),
    ]
    assert [process.wait() for process in processes] == [0] * PROCESSES
    sent = looked_by_three(made, 1000)
    assert [(channel, message.reason, len(message.resolved)) for channel, message in sent] == [
        ("chat", "all_resolved", ALERTS),
        ("mail", "all_resolved", ALERTS),
    ]
    assert made.look(100_000) == []


def test_what_comes_in_during_looks_is_told_by_one_of_them_and_once(engine: Engine) -> None:
    made = bulletin(engine, **HASTY)
    found: list[tuple[str, Message]] = []
    numbers, seeing = 60, [True]

    def see(share: int) -> None:
        for number in range(share, numbers, 3):
            made.see(1, wrong("h", number))

    def look() -> None:
        while seeing[0]:
            found.extend(made.messages(2))

    with meanwhile(look, look):
        try:
            with meanwhile(*(lambda share=share: see(share) for share in range(3))):
                pass
        finally:
            seeing[0] = False
    found += made.messages(2)
    ordered = [message for _, message in sorted(found, key=lambda each: each[1].seq)]
    assert [message.reason for message in ordered] == ["first"] + ["new_alerts"] * (len(ordered) - 1)
    told_of: set[str] = set()
    for message in ordered:
        firing = {alert.fingerprint for alert in message.firing}
        # Each message has something new, and none forgets what was told before.
        assert firing > told_of
        told_of = firing
    assert len(told_of) == numbers
    assert made.next_look() not in {None, 1.0}


def test_an_alert_that_waits_for_the_end_of_a_look_is_told_by_the_next(engine: Engine) -> None:
    made = bulletin(engine, **HASTY)
    (key,) = made.see(0, wrong("h", 0))
    with transaction(engine) as connection:
        assert len(flush(connection, made.settings, key, moment(1)).deliveries) == 1
        late = meanwhile(lambda: made.see(2, wrong("h", 1)))
        late.__enter__()
        # It waits for the lock on the group, which the look has taken before the alert could be seen.
        until_somebody_waits(engine)
    late.__exit__(None, None, None)
    assert made.look(3) == ["chat: new_alerts c0 c1"]


def test_a_look_that_waits_for_alerts_to_come_in_tells_of_them(engine: Engine) -> None:
    made = bulletin(engine, **HASTY)
    made.see(0, wrong("h", 0))
    with transaction(engine) as connection:
        ingest(connection, made.settings, [wrong("h", 1, at=moment(1))], moment(1))
        found: list[tuple[str, Message]] = []
        look = meanwhile(lambda: found.extend(made.messages(2)))
        look.__enter__()
        until_somebody_waits(engine)
    look.__exit__(None, None, None)
    assert [told(*each) for each in found] == ["chat: first c0 c1"]


def test_two_who_see_the_first_alerts_of_a_group_make_one_group(engine: Engine) -> None:
    made = bulletin(engine, **HASTY)
    with meanwhile(*(lambda number=number: made.see(0, wrong("h", number)) for number in range(4))):
        pass
    with transaction(engine) as connection:
        assert len(set(connection.scalars(select(group_members.c.group_key)))) == 1
    assert made.look(1) == ["chat: first c0 c1 c2 c3"]
