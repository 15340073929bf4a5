"""Messages from the outbox to their channels: sent once, tried again, given up, superseded."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, event, update

from consistency.errors import BadRequest
from consistency.ledger.clock import clock
from consistency.ledger.delivery_tables import deliveries
from notifiers.channels.channel import Outcome, Verdict
from notifiers.deliveries.dead import attempts_of
from notifiers.deliveries.sending import deliver
from notifiers.deliveries.sending_round import deliver_due
from notifiers.messages.message import Message
from tests.factories.posting import Line, Office, office_of
from tests.servers.talking import Response


@pytest.fixture
def everywhere(engine: Engine) -> Iterator[Office]:
    with office_of(engine) as office:
        yield office


@pytest.fixture
def office(sqlite: Engine) -> Iterator[Office]:
    with office_of(sqlite) as office:
        yield office


def test_a_message_is_sent_once_and_what_was_answered_is_kept(everywhere: Office) -> None:
    sent = everywhere.put()
    told = deliver(everywhere.post, sent)
    assert told == {
        "delivery_id": sent,
        "channel": "chat",
        "state": "sent",
        "outcome": "ok",
        "code": "200",
        "attempts": 1,
    }
    assert deliver(everywhere.post, sent) == {**told, "outcome": "", "code": ""}
    assert everywhere.receiver.ids("chat") == [sent]
    with everywhere.engine.connect() as connection:
        (attempt,) = attempts_of(connection, sent)
    assert (attempt.no, attempt.outcome, attempt.code, attempt.reply) == (1, "ok", "200", "ok")
    found = everywhere.find(sent)
    assert found.finished_at is not None
    assert found.finished_at >= found.created_at


def test_the_way_of_a_message_that_is_taken_costs_at_most_four_statements_and_two_commits(everywhere: Office) -> None:
    sent = everywhere.put()
    done: list[str] = []
    event.listen(everywhere.engine, "before_cursor_execute", lambda *seen: done.append(seen[2].split()[0]))
    event.listen(everywhere.engine, "commit", lambda _connection: done.append("COMMIT"))
    deliver(everywhere.post, sent)
    # PostgreSQL can write the end of the message and its attempt in one statement.
    ended = ["WITH"] if everywhere.engine.dialect.name == "postgresql" else ["UPDATE", "INSERT"]
    assert [word for word in done if word != "BEGIN"] == ["SELECT", "UPDATE", "COMMIT", *ended, "COMMIT"]


def test_a_moment_in_the_column_of_a_statement_is_that_of_the_database(everywhere: Office) -> None:
    delivery_id = everywhere.put()
    with everywhere.engine.connect() as connection:
        now = connection.scalar(deliveries.select().with_only_columns(clock()))
    assert isinstance(now, datetime)
    assert timedelta(0) <= now - everywhere.find(delivery_id).created_at < timedelta(minutes=5)


def test_senders_at_one_time_send_each_message_once(everywhere: Office) -> None:
    ids = [everywhere.put(seq=number) for number in range(1, 13)]
    start = threading.Barrier(4)

    def send() -> None:
        start.wait()
        for delivery_id in ids:
            deliver(everywhere.post, delivery_id)

    senders = [threading.Thread(target=send) for _ in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert sorted(everywhere.receiver.ids("chat")) == sorted(ids)
    assert set(everywhere.states().values()) == {"sent"}


def test_a_message_that_is_not_taken_waits_for_its_next_attempt(everywhere: Office) -> None:
    everywhere.receiver.answers["chat"].append(Response(503))
    delivery_id = everywhere.put()
    told = deliver(everywhere.post, delivery_id)
    assert (told["state"], told["outcome"], told["code"]) == ("queued", "transient", "503")
    waits = everywhere.find(delivery_id).next_at - everywhere.find(delivery_id).created_at
    assert timedelta(seconds=4) <= waits <= timedelta(minutes=5)
    assert deliver(everywhere.post, delivery_id)["outcome"] == ""
    assert everywhere.send(delivery_id)["state"] == "sent"
    assert everywhere.receiver.ids("chat") == [delivery_id] * 2


def test_each_attempt_has_its_own_moment_and_what_the_one_before_has_left(office: Office) -> None:
    office.receiver.answers["chat"] += [
        Response(503, headers={"Progress": "half"}),
        Response(503),
        Response(400, headers={"Progress": "most"}),
    ]
    delivery_id = office.put()
    for _ in range(3):
        office.send(delivery_id)
    seen = office.receiver.seen("chat")
    assert [request.headers["progress"] for request in seen] == ["", "half", "half"]
    assert len({request.headers["at"] for request in seen}) == 3
    assert office.column(delivery_id, "progress") == "most"


@pytest.mark.parametrize(
    ("status", "attempts", "because"),
    [
        (400, 1, "the channel refuses this message; 400"),
        (410, 1, "the channel takes nothing until it is mended; 410"),
        (418, 3, "answered 3 times with a code that is not known; 418"),
    ],
)
def test_a_message_that_is_given_up_says_why(office: Office, status: int, attempts: int, because: str) -> None:
    office.receiver.always["chat"] = Response(status)
    delivery_id = office.put()
    states = [office.send(delivery_id)["state"] for _ in range(attempts)]
    assert states == [*["queued"] * (attempts - 1), "dead"]
    assert office.find(delivery_id).ended_because == because


def test_a_message_is_given_up_after_the_last_wait_of_its_channel(office: Office) -> None:
    office.line("chat", retries=(timedelta(seconds=1), timedelta(seconds=2)))
    office.receiver.always["chat"] = Response(429)
    delivery_id = office.put()
    assert [office.send(delivery_id)["state"] for _ in range(3)] == ["queued", "queued", "dead"]
    assert office.find(delivery_id).ended_because == "given up after 3 attempts; 429"


def test_a_lost_sender_is_followed_by_another_one_and_changes_nothing_when_it_comes_back(everywhere: Office) -> None:
    delivery_id = everywhere.put()

    class Frozen(Line):
        def send(self, message: Message, now: datetime, progress: str | None) -> Verdict:
            everywhere.exchange.channels["chat"] = line
            assert everywhere.send(delivery_id)["state"] == "sent"
            super().send(message, now, progress)
            return Verdict(Outcome.PERMANENT_MESSAGE)

    line = everywhere.exchange.channels["chat"]
    everywhere.exchange.channels["chat"] = Frozen(f"{everywhere.receiver.server.url}/chat")
    told = deliver(everywhere.post, delivery_id)
    assert (told["state"], told["attempts"]) == ("sending", 1)
    assert everywhere.states() == {delivery_id: "sent"}
    assert everywhere.receiver.ids("chat") == [delivery_id] * 2
    with everywhere.engine.connect() as connection:
        assert [attempt.no for attempt in attempts_of(connection, delivery_id)] == [2]


def test_a_message_in_other_hands_is_left_alone(office: Office) -> None:
    delivery_id = office.put()
    told = []

    class Curious(Line):
        def send(self, message: Message, now: datetime, progress: str | None) -> Verdict:
            told.append(deliver(office.post, delivery_id))
            return super().send(message, now, progress)

    office.exchange.channels["chat"] = Curious(f"{office.receiver.server.url}/chat")
    assert deliver(office.post, delivery_id)["state"] == "sent"
    assert [(each["state"], each["outcome"]) for each in told] == [("sending", "")]


def test_a_message_that_no_sender_comes_back_from_is_given_up(office: Office) -> None:
    delivery_id = office.put()
    with office.engine.begin() as connection:
        connection.execute(update(deliveries).values(state="sending", attempts=7, lease_token="gone"))
    assert office.send(delivery_id)["state"] == "dead"
    assert office.find(delivery_id).ended_because == "given up: of 7 senders none came back with an answer"
    assert office.receiver.ids("chat") == []


def test_an_unknown_delivery_is_bad_input(office: Office) -> None:
    with pytest.raises(BadRequest, match="there is no delivery 'msg_no'"):
        deliver(office.post, "msg_no")


def test_a_message_to_a_channel_that_is_gone_is_dead(office: Office) -> None:
    delivery_id = office.put()
    del office.exchange.channels["chat"]
    assert deliver(office.post, delivery_id)["state"] == "dead"
    assert office.find(delivery_id).ended_because == "there is no channel chat any more"


def test_a_message_that_cannot_be_read_is_dead_and_holds_up_nobody(office: Office) -> None:
    torn, sound = office.put(seq=1), office.put(seq=2)
    with office.engine.begin() as connection:
        connection.execute(update(deliveries).where(deliveries.c.id == torn).values(message="{"))
    assert deliver_due(office.post, 10) == {"sent": 1, "dead": 1, "channel_turns": [], "fallback_ids": []}
    assert office.states() == {torn: "dead", sound: "sent"}


def test_a_channel_that_cannot_be_made_is_broken_and_says_why(office: Office) -> None:
    delivery_id = office.put()

    office.exchange.unmade["chat"] = "channels.chat.kind: there is no module mine"
    told = deliver(office.post, delivery_id)
    reason = "configuration: channels.chat.kind: there is no module mine"
    assert told["channel_turn"] == {"channel": "chat", "broken": True, "reason": reason}


def test_what_a_channel_raises_is_a_failed_attempt_and_quotes_nothing(office: Office) -> None:
    class Careless(Line):
        def send(self, message: Message, now: datetime, progress: str | None) -> Verdict:
            del message, now, progress
            raise RuntimeError("https://hooks.example.com/services/T0/B0/secret")

    office.exchange.channels["chat"] = Careless("http://127.0.0.1:1/")
    delivery_id = office.put()
    assert deliver(office.post, delivery_id)["outcome"] == "transient"
    with office.engine.connect() as connection:
        (attempt,) = attempts_of(connection, delivery_id)
    assert (attempt.code, attempt.detail) == ("error", "the channel raised RuntimeError")


def test_what_was_answered_is_kept_in_part_and_without_secrets(everywhere: Office) -> None:
    everywhere.receiver.always["chat"] = Response(200, b"access_token=abcdef\x00 " + "错".encode() * 5000)
    delivery_id = everywhere.put()
    deliver(everywhere.post, delivery_id)
    with everywhere.engine.connect() as connection:
        (attempt,) = attempts_of(connection, delivery_id)
    assert "abcdef" not in attempt.reply
    assert 2000 < len(attempt.reply.encode()) <= 2048
