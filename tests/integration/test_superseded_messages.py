"""Newer messages of a group that take the place of older ones, and what they tell for them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import Engine

from consistency.model import Level
from consistency.shared import Shared
from notifiers.channels.channel import Channel, Outcome, Verdict
from notifiers.deliveries.limits import Limiter
from notifiers.deliveries.sending import deliver
from notifiers.deliveries.sending_round import deliver_due
from notifiers.messages.message import AlertFact, Message, NoticeFact
from tests.factories.messages import a_notice, an_alert
from tests.factories.posting import Line, Office, office_of


@pytest.fixture
def everywhere(engine: Engine) -> Iterator[Office]:
    with office_of(engine) as office:
        yield office


@pytest.fixture
def office(sqlite: Engine) -> Iterator[Office]:
    with office_of(sqlite) as office:
        yield office


def test_a_newer_message_of_a_chat_takes_the_place_of_those_that_wait(everywhere: Office) -> None:
    everywhere.line("chat", supersedes=True)
    old = [everywhere.put(seq=number) for number in (1, 2)]
    elsewhere = everywhere.put(seq=1, group="another")
    new = everywhere.put(seq=3)
    assert everywhere.states() == {old[0]: "superseded", old[1]: "superseded", elsewhere: "queued", new: "queued"}
    deliver_due(everywhere.post, 10)
    assert sorted(everywhere.receiver.ids("chat")) == sorted([elsewhere, new])
    assert everywhere.find(old[0]).ended_because == f"superseded by {old[1]}"


def test_a_newer_message_tells_what_those_whose_place_it_takes_said_was_over(office: Office) -> None:
    office.line("chat", supersedes=True)
    office.put("chat", 1, an_alert(1, state="resolved"), an_alert(2))
    office.put("chat", 2, an_alert(2), an_alert(3))
    deliver_due(office.post, 10)
    (request,) = office.receiver.seen("chat")
    message = Message.model_validate(request.json())
    assert [alert.fingerprint for alert in message.resolved] == [an_alert(1).fingerprint]
    assert [alert.fingerprint for alert in message.firing] == [an_alert(number).fingerprint for number in (2, 3)]


def test_nothing_takes_the_place_of_an_event_for_a_web_address(office: Office) -> None:
    ids = [office.put(seq=number) for number in (1, 2, 3)]
    deliver_due(office.post, 10)
    assert office.receiver.ids("chat") == ids


def test_a_newer_message_tells_the_notices_of_those_whose_place_it_takes(office: Office) -> None:
    office.line("chat", supersedes=True)
    office.put("chat", 1, an_alert(), a_notice(message="the repair waits for approval", level=Level.CRITICAL))
    office.put("chat", 2, a_notice(message="the repair was approved"))
    office.put("chat", 3, an_alert(state="resolved"))
    deliver_due(office.post, 10)
    (request,) = office.receiver.seen("chat")
    message = Message.model_validate(request.json())
    assert [notice.message for notice in message.notices] == [
        "the repair waits for approval",
        "the repair was approved",
    ]
    assert [alert.state for alert in message.alerts] == ["resolved"]
    assert message.level is Level.CRITICAL


def test_a_message_that_failed_while_a_newer_one_came_is_not_tried_again(office: Office) -> None:
    office.line("chat", supersedes=True)
    old = _in_hand_while(office, lambda: office.put(seq=2))
    assert office.send(old)["state"] == "superseded"
    assert office.receiver.seen("chat")[1:] == []


def test_of_a_message_that_failed_while_a_newer_one_came_the_notices_are_still_told(office: Office) -> None:
    office.line("chat", supersedes=True)
    old = _in_hand_while(office, lambda: office.put(seq=2), a_notice(message="paused"), an_alert())
    assert office.send(old)["state"] == "sent"
    message = Message.model_validate(office.receiver.seen("chat")[1].json())
    assert ([notice.message for notice in message.notices], message.alerts) == (["paused"], ())


def test_a_message_that_a_limit_held_back_while_a_newer_one_came_is_not_sent(office: Office) -> None:
    office.line("chat", supersedes=True)

    class Strict(Limiter):
        def take(self, channel: Channel) -> float:
            del channel
            office.put(seq=2)
            return 60.0

    old = office.put(seq=1)
    told = deliver(replace(office.post, limiter=Strict(Shared(None), "test:")), old)
    assert (told["state"], told["attempts"]) == ("queued", 0)
    assert office.send(old)["state"] == "superseded"


def _in_hand_while(office: Office, meanwhile: Callable[[], object], *told: AlertFact | NoticeFact) -> str:
    """A message whose first attempt fails, and what happens during it."""
    old = office.put("chat", 1, *told)
    line = office.exchange.channels["chat"]

    class Failing(Line):
        def send(self, message: Message, now: datetime, progress: str | None) -> Verdict:
            meanwhile()
            super().send(message, now, progress)
            return Verdict(Outcome.TRANSIENT)

    office.exchange.channels["chat"] = Failing(f"{office.receiver.server.url}/chat", supersedes=True)
    assert deliver(office.post, old)["state"] == "queued"
    office.exchange.channels["chat"] = line
    return old
