"""Messages that were given up: looked at, sent again, and forgotten in the end."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, insert, select, update

from consistency.database import database_now
from consistency.errors import BadRequest
from consistency.ledger.delivery_tables import deliveries, delivery_attempts
from consistency.settings import Settings
from notifiers.deliveries.dead import attempts_of, dead_deliveries, forget_deliveries, redeliver
from notifiers.deliveries.sending import deliver
from tests.factories.posting import Office, office_of
from tests.servers.talking import Response


@pytest.fixture
def everywhere(engine: Engine) -> Iterator[Office]:
    with office_of(engine) as office:
        yield office


@pytest.fixture
def office(sqlite: Engine) -> Iterator[Office]:
    with office_of(sqlite) as office:
        yield office


def given_up(office: Office, channel: str = "chat", seq: int = 1) -> str:
    """A message that its channel refused."""
    office.receiver.answers[channel].append(Response(400, b"too long"))
    delivery_id = office.put(channel, seq)
    assert deliver(office.post, delivery_id)["state"] == "dead"
    return delivery_id


def again(office: Office, **which: Any) -> list[str]:
    with office.engine.begin() as connection:
        return redeliver(connection, **{"dry_run": False, "now": database_now(connection), **which})


def forget(office: Office, later: timedelta, **settings: Any) -> dict[str, int]:
    with office.engine.begin() as connection:
        return forget_deliveries(connection, Settings(**settings), database_now(connection) + later)


def moment(office: Office) -> datetime:
    with office.engine.connect() as connection:
        return database_now(connection)


def test_dead_messages_are_listed_newest_first_with_what_was_answered(everywhere: Office) -> None:
    everywhere.line("mail")
    first, second = given_up(everywhere, seq=1), given_up(everywhere, "mail", 2)
    between = everywhere.find(second).finished_at
    assert between is not None
    everywhere.put(seq=3)
    with everywhere.engine.connect() as connection:
        assert [dead.id for dead in dead_deliveries(connection)] == [second, first]
        assert [dead.id for dead in dead_deliveries(connection, limit=1)] == [second]
        assert [dead.id for dead in dead_deliveries(connection, channel="chat")] == [first]
        assert [dead.id for dead in dead_deliveries(connection, since=between)] == [second]
        assert [attempt.reply for attempt in attempts_of(connection, first)] == ["too long"]


def test_a_message_is_sent_again_under_its_id_with_all_attempts_before_it(everywhere: Office) -> None:
    delivery_id = given_up(everywhere)
    assert again(everywhere, ids=[delivery_id]) == [delivery_id]
    found = everywhere.find(delivery_id)
    assert (found.state, found.attempts, found.finished_at, found.ended_because) == ("queued", 0, None, None)
    everywhere.receiver.answers["chat"].append(Response(503))
    assert [everywhere.send(delivery_id)["state"] for _ in range(2)] == ["queued", "sent"]
    assert everywhere.receiver.ids("chat") == [delivery_id] * 3


def test_a_dry_run_says_what_would_be_sent_again_and_changes_nothing(everywhere: Office) -> None:
    everywhere.line("mail")
    since = moment(everywhere)
    ids = [given_up(everywhere, seq=1), given_up(everywhere, seq=2)]
    other = given_up(everywhere, "mail", 3)
    assert again(everywhere, channel="chat", dry_run=True) == ids
    assert again(everywhere, since=since, dry_run=True) == [*ids, other]
    assert again(everywhere, channel="mail", since=moment(everywhere), dry_run=True) == []
    assert set(everywhere.states().values()) == {"dead"}


def test_what_a_person_sends_again_is_superseded_by_nothing(office: Office) -> None:
    office.line("chat", supersedes=True)
    old = given_up(office, seq=1)
    deliver(office.post, office.put(seq=2))
    again(office, ids=[old])
    office.put(seq=3)
    office.receiver.answers["chat"].append(Response(503))
    assert [office.send(old)["state"] for _ in range(2)] == ["queued", "sent"]


def test_a_code_that_nobody_knows_is_taken_as_often_again(office: Office) -> None:
    office.receiver.always["chat"] = Response(418)
    delivery_id = office.put()
    assert [office.send(delivery_id)["state"] for _ in range(3)] == ["queued", "queued", "dead"]
    again(office, ids=[delivery_id])
    office.receiver.answers["chat"].append(Response(200))
    deliver(office.post, office.put(seq=2))
    assert [office.send(delivery_id)["state"] for _ in range(3)] == ["queued", "queued", "dead"]


@pytest.mark.parametrize(
    ("which", "says"),
    [
        ({}, "say which messages, by their ids, by --channel or by --since"),
        ({"ids": ["msg_no"]}, "there is no message 'msg_no'"),
        ({"ids": ["msg_"]}, "there is no message 'msg_'"),
        ({"ids": ["msg_g_chat_1"]}, "message msg_g_chat_1 is queued; only a dead one can be sent again"),
    ],
)
def test_what_cannot_be_sent_again_is_bad_input(office: Office, which: dict[str, Any], says: str) -> None:
    office.put()
    with pytest.raises(BadRequest, match=says):
        again(office, **which)


def test_dead_messages_are_kept_for_their_days_and_others_as_long_as_the_ledger(everywhere: Office) -> None:
    dead = given_up(everywhere, seq=1)
    sent = everywhere.put(seq=2)
    deliver(everywhere.post, sent)
    days = {"dead_days": 30, "ledger_days": 60}
    assert forget(everywhere, timedelta(days=29), **days) == {"given_up": 0, "deliveries_deleted": 0}
    assert forget(everywhere, timedelta(days=31), **days) == {"given_up": 0, "deliveries_deleted": 1}
    assert everywhere.states() == {sent: "sent"}
    assert forget(everywhere, timedelta(days=61), **days) == {"given_up": 0, "deliveries_deleted": 1}
    with everywhere.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(delivery_attempts)) == 0
    assert dead not in everywhere.states()


def test_what_could_not_be_sent_for_so_many_days_is_given_up_and_then_kept_as_long(office: Office) -> None:
    delivery_id = office.put()
    assert forget(office, timedelta(days=31), dead_days=30) == {"given_up": 1, "deliveries_deleted": 0}
    assert office.find(delivery_id).ended_because == "it could not be sent within 30 days"
    assert forget(office, timedelta(days=60), dead_days=30)["deliveries_deleted"] == 0
    assert forget(office, timedelta(days=62), dead_days=30)["deliveries_deleted"] == 1


def test_more_than_a_thousand_are_forgotten_in_one_go(office: Office) -> None:
    office.put()
    with office.engine.begin() as connection:
        connection.execute(update(deliveries).values(state="sent"))
        row = connection.execute(select(deliveries)).mappings().one()
        connection.execute(insert(deliveries), [{**row, "id": f"m{at}", "seq": at} for at in range(2, 1203)])
    assert forget(office, timedelta(days=100), ledger_days=90)["deliveries_deleted"] == 1202


def test_a_dead_message_is_named_by_the_beginning_of_its_id_where_only_one_begins_so(office: Office) -> None:
    first, tenth = given_up(office, seq=1), given_up(office, seq=10)
    assert again(office, ids=[first]) == [first]
    given_up_again = given_up(office, seq=2)
    with pytest.raises(BadRequest, match="more than one message begins with msg_g_chat"):
        again(office, ids=["msg_g_chat"])
    assert again(office, ids=[given_up_again[:-1] + "2"]) == [given_up_again]
    assert again(office, ids=[tenth]) == [tenth]
