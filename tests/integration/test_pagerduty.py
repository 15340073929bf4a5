"""PagerDuty: incidents follow our alerts, and an attempt that breaks off is taken up where it ended."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consistency.model import Level
from notifiers.channels.channel import Channel, Outcome
from tests.factories.channels import a_channel
from tests.factories.messages import a_message, a_notice, an_alert
from tests.servers.chats import Chats, chats
from tests.servers.talking import Response, json_response

NOW = datetime(2026, 9, 16, 4, 0, tzinfo=UTC)
KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def server() -> Iterator[Chats]:
    with chats(NOW) as found:
        yield found


@pytest.fixture
def pagerduty(server: Chats) -> Iterator[Channel]:
    with a_channel(kind="pagerduty", url=server.url("pagerduty"), inner=True, routing_key=KEY) as channel:
        yield channel


def tell(channel: Channel, *told: Any, **values: Any) -> None:
    assert channel.send(a_message(*told, **values), NOW, None).outcome is Outcome.OK


def test_an_incident_is_opened_acknowledged_and_resolved_with_its_alert(server: Chats, pagerduty: Channel) -> None:
    alert = an_alert(1, level=Level.CRITICAL, link="https://mon.example/alerts/alert-1")
    key = f"{alert.fingerprint}:1"
    tell(pagerduty, alert)
    assert server.bot.incidents == {key: "triggered"}
    tell(pagerduty, alert.model_copy(update={"acked_by": "ann"}), reason="repeat")
    assert server.bot.incidents == {key: "acknowledged"}
    tell(pagerduty, alert.model_copy(update={"state": "resolved"}), reason="all_resolved")
    assert server.bot.incidents == {}
    payload = server.taken["pagerduty"][0]["payload"]
    assert payload["severity"] == "critical"
    assert payload["summary"] == "Critical: 31 of 100 tasks have no output (reconcilery, rule task-outputs)"
    assert payload["timestamp"] == "2026-09-16T04:00:00Z"
    assert payload["custom_details"]["command"].startswith("reconcilery repair plan")
    assert server.taken["pagerduty"][0]["links"][0]["href"] == "https://mon.example/alerts/alert-1"


def test_a_secret_in_what_was_found_is_not_passed_on(server: Chats, pagerduty: Channel) -> None:
    tell(pagerduty, an_alert(1, kind="finding", summary="login with password=hunter2", top=("token=hunter2",)))
    assert b"hunter2" not in server.seen[0].body


def test_a_new_episode_is_a_new_incident_and_a_repetition_is_not(server: Chats, pagerduty: Channel) -> None:
    for episode, reason in ((1, "first"), (1, "repeat"), (2, "first")):
        tell(pagerduty, an_alert(1, episode=episode), reason=reason)
    assert len(server.bot.opened) == 2


def test_each_alert_of_a_message_is_an_incident(server: Chats, pagerduty: Channel) -> None:
    tell(pagerduty, *map(an_alert, range(1, 6)))
    tell(pagerduty, an_alert(1), an_alert(2, state="resolved"), reason="some_resolved")
    assert len(server.bot.opened) == 5
    assert len(server.bot.incidents) == 4


def test_a_test_leaves_nothing_open(server: Chats, pagerduty: Channel) -> None:
    tell(pagerduty, a_notice(), reason="test")
    assert len(server.bot.opened) == 1
    assert server.bot.incidents == {}


def test_only_grave_events_page_somebody(server: Chats, pagerduty: Channel) -> None:
    calm = pagerduty.send(a_message(a_notice(level=Level.MEDIUM)), NOW, None)
    assert (calm.outcome, calm.detail) == (Outcome.OK, "nothing in this message is grave enough to page for")
    assert server.seen == []
    tell(pagerduty, a_notice(), a_notice(level=Level.HIGH, message="the repair was paused"))
    assert len(server.bot.opened) == 1


def test_what_broke_off_goes_on_where_it_ended(server: Chats, pagerduty: Channel) -> None:
    message = a_message(*map(an_alert, range(1, 6)))
    honest = json_response({"status": "success"}, 202)
    server.will_answer(honest, honest, Response(503, headers={"Retry-After": "5"}))
    broken = pagerduty.send(message, NOW, None)
    assert (broken.outcome, broken.wait) == (Outcome.TRANSIENT, timedelta(seconds=5))
    assert pagerduty.send(message, NOW, broken.progress).outcome is Outcome.OK
    assert len(server.seen) == 6
    assert len(server.bot.opened) == 3


def test_an_event_that_is_refused_holds_back_no_other_and_is_not_forgotten(server: Chats, pagerduty: Channel) -> None:
    message = a_message(*map(an_alert, range(1, 4)))
    refused = json_response({"status": "invalid event", "errors": ["'payload.summary' is missing"]}, 400)
    server.will_answer(refused, "failed")
    broken = pagerduty.send(message, NOW, None)
    assert broken.outcome is Outcome.TRANSIENT
    verdict = pagerduty.send(message, NOW, broken.progress)
    assert verdict.outcome is Outcome.PERMANENT_MESSAGE
    assert verdict.detail == "PagerDuty refused one or more of 3 events: 'payload.summary' is missing"
    assert len(server.bot.opened) == 2


@pytest.mark.parametrize("key", ["0" * 32, "short"])
def test_a_wrong_key_breaks_the_channel(server: Chats, key: str) -> None:
    with a_channel(kind="pagerduty", url=server.url("pagerduty"), inner=True, routing_key=key) as channel:
        verdict = channel.send(a_message(), NOW, None)
    assert verdict.outcome is Outcome.PERMANENT_CHANNEL
    assert "check the routing_key" in verdict.detail


def test_progress_that_cannot_be_read_is_none(server: Chats, pagerduty: Channel) -> None:
    assert pagerduty.send(a_message(), NOW, "what?").outcome is Outcome.OK
    assert len(server.bot.opened) == 1


def test_older_messages_are_never_superseded(pagerduty: Channel) -> None:
    assert not pagerduty.supersedes


def test_many_grave_events_are_one_incident_also_beside_alerts(server: Chats, pagerduty: Channel) -> None:
    grave = [a_notice(level=Level.CRITICAL, message=f"sync {number} failed") for number in range(5)]
    tell(pagerduty, *grave, left_out=95)
    (event,) = server.taken["pagerduty"]
    assert event["payload"]["summary"] == "sync 0 failed, and 99 more events (datasync)"
    tell(pagerduty, an_alert(1), grave[0], id="msg_2")
    assert len(server.bot.opened) == 3
