"""Channels that break and are mended: who asks them meanwhile, who stands in, and what waits."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from consistency.database import database_now
from notifiers.channels.channel import Outcome, Verdict
from notifiers.deliveries.breakers import ChannelState, Standing, broken_channels, channel_state, note, take_probe
from notifiers.deliveries.sending import deliver
from notifiers.deliveries.sending_round import deliver_due
from notifiers.messages.message import Message
from tests.factories.messages import an_alert
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


def standing(office: Office, channel: str = "chat") -> Standing:
    with office.engine.connect() as connection:
        return channel_state(connection, channel).standing(database_now(connection))


def paused_for(office: Office, channel: str = "chat") -> timedelta:
    """From now on, in whole minutes."""
    with office.engine.connect() as connection:
        until = channel_state(connection, channel).paused_until
        assert until is not None
        return timedelta(minutes=round((until - database_now(connection)) / timedelta(minutes=1)))


def test_the_fifth_failure_in_a_row_breaks_a_channel_and_the_others_then_wait(everywhere: Office) -> None:
    everywhere.receiver.always["chat"] = Response(503)
    ids = [everywhere.put(seq=number) for number in range(1, 8)]
    told = [deliver(everywhere.post, delivery_id) for delivery_id in ids]
    assert [each.get("channel_turn") for each in told] == [
        *[None] * 4,
        {"channel": "chat", "broken": True, "reason": "503"},
        *[None] * 2,
    ]
    assert [each["outcome"] for each in told] == [*["transient"] * 5, "", ""]
    assert len(everywhere.receiver.seen("chat")) == 5
    assert standing(everywhere) is Standing.BROKEN
    with everywhere.engine.connect() as connection:
        assert [turn.as_dict() for turn in broken_channels(connection)] == [told[4]["channel_turn"]]


def test_failures_with_a_success_between_them_break_nothing(everywhere: Office) -> None:
    everywhere.receiver.answers["chat"] += [*[Response(503)] * 4, Response(200), *[Response(418)] * 4]
    told = [deliver(everywhere.post, everywhere.put(seq=number)) for number in range(1, 10)]
    assert [each.get("channel_turn") for each in told] == [None] * 9
    assert standing(everywhere) is Standing.FREE


@pytest.mark.parametrize("status", [400, 429])
def test_an_answer_about_this_message_alone_breaks_nothing(office: Office, status: int) -> None:
    office.receiver.always["chat"] = Response(status)
    for number in range(1, 8):
        deliver(office.post, office.put(seq=number))
    assert len(office.receiver.seen("chat")) == 7
    assert standing(office) is Standing.FREE


def test_a_channel_that_takes_nothing_any_more_is_broken_at_once(everywhere: Office) -> None:
    everywhere.receiver.always["chat"] = Response(410)
    told = deliver(everywhere.post, everywhere.put())
    assert told["state"] == "dead"
    assert told["channel_turn"] == {"channel": "chat", "broken": True, "reason": "410"}


def test_of_many_senders_one_asks_a_broken_channel(everywhere: Office) -> None:
    everywhere.receiver.always["chat"] = Response(503)
    ids = [everywhere.put(seq=number) for number in range(1, 7)]
    everywhere.break_channel("chat", probe=True)
    start = threading.Barrier(len(ids))
    told: list[dict[str, Any]] = []

    def send(delivery_id: str) -> None:
        start.wait()
        told.append(deliver(everywhere.post, delivery_id))

    senders = [threading.Thread(target=send, args=[delivery_id]) for delivery_id in ids]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert len(everywhere.receiver.seen("chat")) == 1
    assert sorted(each["outcome"] for each in told) == [*[""] * 5, "transient"]
    assert set(everywhere.states().values()) == {"queued"}
    assert standing(everywhere) is Standing.BROKEN


def test_probes_that_fail_come_less_and_less_often_and_break_nothing_anew(office: Office) -> None:
    office.receiver.always["chat"] = Response(503)
    office.break_channel("chat", probe=True)
    waits = []
    for number in range(1, 6):
        told = deliver(office.post, office.put(seq=number))
        assert (told["outcome"], "channel_turn" in told) == ("transient", False)
        waits.append(paused_for(office) // timedelta(minutes=1))
        office.end_pause("chat")
    assert waits == [2, 4, 8, 15, 15]


def test_a_probe_that_succeeds_mends_the_channel_and_what_waited_is_sent_at_once(everywhere: Office) -> None:
    everywhere.break_channel("chat")
    ids = [everywhere.put(seq=number) for number in (1, 2, 3)]
    assert [deliver(everywhere.post, delivery_id)["outcome"] for delivery_id in ids] == ["", "", ""]
    everywhere.end_pause("chat")
    told = everywhere.send(ids[0])
    assert told["channel_turn"] == {"channel": "chat", "broken": False, "reason": "503"}
    assert standing(everywhere) is Standing.FREE
    assert deliver_due(everywhere.post, 10)["sent"] == 2
    assert everywhere.receiver.ids("chat") == ids


def test_a_probe_that_is_refused_by_a_limit_leaves_the_channel_broken(office: Office) -> None:
    office.receiver.always["chat"] = Response(429)
    office.break_channel("chat", probe=True)
    deliver(office.post, office.put())
    assert standing(office) is Standing.BROKEN
    assert paused_for(office) == timedelta(minutes=1)


def test_a_probe_whose_sender_is_lost_is_made_by_another_one(office: Office) -> None:
    office.break_channel("chat", probe=True)
    with office.engine.begin() as connection:
        now = database_now(connection)
        assert take_probe(connection, "chat", now, now + timedelta(seconds=1))
    assert standing(office) is Standing.BROKEN
    office.end_pause("chat")
    assert deliver(office.post, office.put())["channel_turn"]["broken"] is False


def test_a_provider_that_wants_to_be_left_alone_is_left_alone_by_everybody(everywhere: Office) -> None:
    everywhere.receiver.answers["chat"].append(Response(429, headers={"Retry-After": "600"}))
    first, second, third = (everywhere.put(seq=number) for number in (1, 2, 3))
    assert deliver(everywhere.post, first)["outcome"] == "rate_limited"
    assert standing(everywhere) is Standing.PAUSED
    assert deliver(everywhere.post, second)["outcome"] == ""
    # What is due on a paused channel is put off together.
    assert everywhere.find(third).next_at == everywhere.find(second).next_at
    assert deliver_due(everywhere.post, 10) == {"channel_turns": [], "fallback_ids": []}
    everywhere.end_pause("chat")
    everywhere.make_due()
    assert deliver_due(everywhere.post, 10)["sent"] == 3
    assert len(everywhere.receiver.seen("chat")) == 4


@pytest.mark.parametrize("minutes", [(10, 2), (2, 10)])
def test_the_longer_of_two_pauses_counts(everywhere: Office, minutes: tuple[int, int]) -> None:
    for each in minutes:
        verdict = Verdict(Outcome.RATE_LIMITED, pause=timedelta(minutes=each))
        with everywhere.engine.begin() as connection:
            note(connection, "chat", ChannelState(), verdict, database_now(connection), probe=False)
    assert paused_for(everywhere) == timedelta(minutes=10)


def test_another_channel_stands_in_for_the_one_that_has_just_broken(everywhere: Office) -> None:
    everywhere.line("mail")
    everywhere.line("chat", fallback="mail")
    everywhere.receiver.always["chat"] = Response(410)
    told = deliver(everywhere.post, everywhere.put())
    instead = everywhere.find(told["fallback_id"])
    assert (instead.channel, instead.reason, instead.fallback_of) == ("mail", "fallback", told["delivery_id"])
    assert deliver(everywhere.post, instead.id)["state"] == "sent"
    message = Message.model_validate(everywhere.receiver.seen("mail")[0].json())
    assert (message.id, message.reason, message.instead_of) == (instead.id, "fallback", "chat")
    assert message.alerts == everywhere.find(told["delivery_id"]).message.alerts


def test_another_channel_stands_in_for_a_broken_one_once_a_message_has_waited_a_minute(everywhere: Office) -> None:
    everywhere.line("mail")
    everywhere.line("chat", fallback="mail")
    everywhere.break_channel("chat")
    young, old = everywhere.put(seq=1), everywhere.put(seq=2)
    everywhere.age(old)
    assert "fallback_id" not in deliver(everywhere.post, young)
    told = deliver(everywhere.post, old)
    assert told["state"] == "queued"
    assert everywhere.find(told["fallback_id"]).fallback_of == old
    assert everywhere.find(young).next_at - everywhere.find(young).created_at <= timedelta(minutes=1)
    assert "fallback_id" not in everywhere.send(old)
    assert deliver_due(everywhere.post, 10)["sent"] == 1
    assert len(everywhere.receiver.seen("mail")) == 1


def test_what_waits_for_its_next_attempt_when_the_channel_breaks_goes_another_way_at_once(office: Office) -> None:
    office.line("mail")
    office.line("chat", fallback="mail")
    office.receiver.always["chat"] = Response(503)
    ids = [office.put(seq=number) for number in range(1, 6)]
    office.age(*ids)
    deliver_due(office.post, 20)
    assert len(office.receiver.seen("chat")) == 5
    told = [Message.model_validate(request.json()).alerts for request in office.receiver.seen("mail")]
    assert sorted(alerts[0].id for alerts in told) == [f"alert-{number}" for number in range(1, 6)]


def test_who_stands_in_is_not_stood_in_for(office: Office) -> None:
    office.line("mail", fallback="chat")
    office.line("chat", fallback="mail")
    office.receiver.always |= {"chat": Response(410), "mail": Response(410)}
    told = deliver(office.post, office.put())
    assert "fallback_id" not in deliver(office.post, told["fallback_id"])
    assert len(office.states()) == 2


def test_nobody_stands_in_for_what_the_channel_refuses_for_itself_or_without_a_fallback(office: Office) -> None:
    office.line("mail")
    office.line("chat", fallback="mail")
    office.line("other")
    office.receiver.always |= {"chat": Response(400), "other": Response(410)}
    assert "fallback_id" not in deliver(office.post, office.put("chat"))
    assert "fallback_id" not in deliver(office.post, office.put("other"))


def test_a_channel_that_was_told_the_same_is_not_told_again_in_place_of_another(everywhere: Office) -> None:
    everywhere.line("mail")
    everywhere.line("chat", fallback="mail")
    everywhere.receiver.always["chat"] = Response(410)
    everywhere.put("mail", 1)
    assert "fallback_id" not in deliver(everywhere.post, everywhere.put("chat", 1))


def test_a_channel_that_was_told_something_else_is_told_this_as_well(everywhere: Office) -> None:
    everywhere.line("mail")
    everywhere.line("chat", fallback="mail")
    everywhere.receiver.always["chat"] = Response(410)
    everywhere.put("mail", 1)
    told = deliver(everywhere.post, everywhere.put("chat", 1, an_alert(7)))
    assert everywhere.send(told["fallback_id"])["state"] == "sent"


def test_a_message_that_was_given_up_after_all_attempts_goes_another_way(office: Office) -> None:
    office.line("mail")
    office.line("chat", fallback="mail", retries=())
    office.receiver.always["chat"] = Response(503)
    told = deliver(office.post, office.put())
    assert (told["state"], "channel_turn" in told) == ("dead", False)
    assert office.find(told["fallback_id"]).channel == "mail"
